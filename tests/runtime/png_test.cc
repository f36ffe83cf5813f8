#include "runtime/png.h"

#include <gtest/gtest.h>

#include "runtime/dataset.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

Tensor gray(int64_t height, int64_t width, uint8_t value) {
  Tensor image = Tensor::zeros({DType::kU8, {height, width}});
  std::ranges::fill(image.as<uint8_t>(), value);
  return image;
}

TEST(Png, GrayRoundTrips) {
  const TemporaryFolder folder;
  const Tensor image = Tensor::from<uint8_t>({DType::kU8, {2, 3}}, {0, 1, 127, 128, 254, 255});
  ASSERT_TRUE(write_png(folder.file("x.png"), image));
  const auto read = read_png_gray(folder.file("x.png"));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->type(), image.type());
  EXPECT_EQ(read->bytes(), image.bytes());
}

TEST(Png, ColourBecomesGray) {
  const TemporaryFolder folder;
  ASSERT_TRUE(
      write_png(folder.file("x.png"), Tensor::from<uint8_t>({DType::kU8, {1, 2, 3}}, {255, 255, 255, 0, 255, 0})));
  const auto read = read_png_gray(folder.file("x.png"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->as<uint8_t>()[0], 255);
  EXPECT_GT(read->as<uint8_t>()[1], 150);
}

TEST(Png, RefusesDamagedFiles) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_png_gray(folder.write("a.png", "not a picture")));
  ASSERT_TRUE(write_png(folder.file("b.png"), gray(40, 40, 7)));
  std::filesystem::resize_file(folder.file("b.png"), 50);
  EXPECT_FALSE(read_png_gray(folder.file("b.png")));
}

TEST(Png, GridPlacesImagesInRows) {
  const Tensor images = Tensor::from<uint8_t>({DType::kU8, {3, 1, 1, 1}}, {10, 20, 30});
  const Tensor grid = image_grid(images, 2, 1);
  EXPECT_EQ(grid.type().to_string(), "u8[5,5]");
  EXPECT_EQ(grid.as<uint8_t>()[6], 10);
  EXPECT_EQ(grid.as<uint8_t>()[8], 20);
  EXPECT_EQ(grid.as<uint8_t>()[16], 30);
}

TEST(PngFolder, SubfoldersAreClasses) {
  const TemporaryFolder folder;
  for (const char* name : {"dog", "cat"}) std::filesystem::create_directory(folder.file(name));
  ASSERT_TRUE(write_png(folder.file("dog/1.png"), gray(2, 3, 1)));
  ASSERT_TRUE(write_png(folder.file("cat/1.png"), gray(2, 3, 2)));
  ASSERT_TRUE(write_png(folder.file("cat/2.PNG"), gray(2, 3, 3)));
  const auto dataset = read_png_folder(folder.path());
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(dataset->examples.type().to_string(), "u8[3,1,2,3]");
  EXPECT_EQ(dataset->examples.as<uint8_t>()[6], 3);
  EXPECT_EQ(dataset->labels.as<int32_t>()[2], 1);

  ASSERT_TRUE(write_png(folder.file("dog/2.png"), gray(3, 3, 1)));
  EXPECT_NE(read_png_folder(folder.path()).error().message.find("all pictures must have one size"), std::string::npos);
  EXPECT_FALSE(read_png_folder(folder.file("cat")));
  EXPECT_FALSE(read_png_folder(folder.file("none")));
}

}  // namespace
}  // namespace minnow

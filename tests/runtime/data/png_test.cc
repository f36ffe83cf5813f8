#include "runtime/data/png.h"

#include <gtest/gtest.h>

#include "runtime/data/dataset.h"
#include "tests/runtime/data/png_bytes.h"
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
  EXPECT_EQ(dataset->notes, std::vector<std::string>{});

  ASSERT_TRUE(write_png(folder.file("dog/2.png"), gray(3, 3, 1)));
  EXPECT_NE(read_png_folder(folder.path()).error().message.find("all pictures must have one size"), std::string::npos);
  EXPECT_FALSE(read_png_folder(folder.file("cat")));
  EXPECT_FALSE(read_png_folder(folder.file("none")));
}

// By name, a picture of one pixel each.
void write_classes(const TemporaryFolder& folder, const std::vector<std::pair<std::string, int>>& pictures) {
  for (const auto& [name, value] : pictures) {
    folder.write(name, "");
    ASSERT_TRUE(write_png(folder.file(name), gray(1, 1, static_cast<uint8_t>(value))));
  }
}

TEST(PngFolder, ClassesTakeTurns) {
  const TemporaryFolder folder;
  write_classes(folder, {{"a/1.png", 1},
                         {"a/2.png", 2},
                         {"a/3.png", 3},
                         {"a/4.png", 4},
                         {"b/1.png", 11},
                         {"c/1.png", 21},
                         {"c/2.png", 22}});
  const auto dataset = read_png_folder(folder.path());
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_TRUE(std::ranges::equal(dataset->examples.as<uint8_t>(), std::vector<int>{1, 11, 21, 2, 22, 3, 4}));
  EXPECT_TRUE(std::ranges::equal(dataset->labels.as<int32_t>(), std::vector<int>{0, 1, 2, 0, 2, 0, 0}));
}

TEST(PngFolder, WhatIsNoPictureOfAClassIsLeftOutWithAWord) {
  const TemporaryFolder folder;
  write_classes(
      folder,
      {{"a/1.png", 1}, {"b/1.png", 2}, {"__MACOSX/a/1.png", 3}, {".thumbnails/1.png", 4}, {"a/inner/2.png", 5}});
  for (const char* name : {"__MACOSX/a/._1.png", "a/._1.png", "a/.hidden.png", "a/.DS_Store", "b/Thumbs.db", "b/2.jpg",
                           "b/deep.png/x", "readme.txt"})
    folder.write(name, "no picture");
  const auto dataset = read_png_folder(folder.path());
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->class_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->notes,
            std::vector<std::string>{folder.path() + ": left out what is no picture of a class: .thumbnails, "
                                                     "__MACOSX, readme.txt and 7 more"});
}

TEST(PngFolder, IsInColourWhereItIsAskedForOrAnyPictureIs) {
  const TemporaryFolder folder;
  write_classes(folder, {{"a/1.png", 5}, {"b/1.png", 6}});
  EXPECT_EQ(read_png_folder(folder.path())->examples.type().shape, (Shape{2, 1, 1, 1}));
  const auto wide = read_png_folder(folder.path(), {.channels = PngChannels::kColour});
  ASSERT_TRUE(wide) << wide.error().to_string();
  EXPECT_TRUE(std::ranges::equal(wide->examples.as<uint8_t>(), std::vector<int>{5, 5, 5, 6, 6, 6}));
  folder.write("b/2.png", png_bytes({1, 1, 8, PngColour::kRgb, {10, 20, 30}}));
  const auto found = read_png_folder(folder.path());
  EXPECT_TRUE(std::ranges::equal(found->examples.as<uint8_t>(), std::vector<int>{5, 5, 5, 6, 6, 6, 10, 20, 30}));
  const auto grey = read_png_folder(folder.path(), {.channels = PngChannels::kGray});
  EXPECT_TRUE(std::ranges::equal(grey->examples.as<uint8_t>(), std::vector<int>{5, 6, 18}));
}

TEST(PngFolder, PicturesOfSeveralSizesBecomeOne) {
  const TemporaryFolder folder;
  write_classes(folder, {{"a/1.png", 5}});
  ASSERT_TRUE(write_png(folder.file("a/2.png"), Tensor::from<uint8_t>({DType::kU8, {2, 2}}, {10, 20, 30, 41})));
  folder.write("a/3.png", png_bytes({1, 2, 16, PngColour::kGray, {257, 514}}));
  const auto mixed = read_png_folder(folder.path());
  EXPECT_EQ(mixed.error().message,
            fmt::format("is 2x2, but {} is 1x1: all pictures must have one size", folder.file("a/1.png")));
  const auto one = read_png_folder(folder.path(), {.size = PictureSize{1, 2}});
  ASSERT_TRUE(one) << one.error().to_string();
  EXPECT_TRUE(std::ranges::equal(one->examples.as<float>(), std::vector<float>{5, 5, 20, 31, 1.5F, 1.5F}));
}

TEST(PngFolder, OnePictureOfSixteenBitsMakesAllNumbersFine) {
  const TemporaryFolder folder;
  write_classes(folder, {{"a/1.png", 100}, {"b/2.png", 200}});
  folder.write("b/1.png", png_bytes({1, 1, 16, PngColour::kGray, {1000}}));
  const auto dataset = read_png_folder(folder.path());
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_TRUE(std::ranges::equal(dataset->examples.as<float>(), std::vector<float>{100, 1000 / 257.0F, 200}));
}

}  // namespace
}  // namespace minnow

#include "runtime/plot/drawing.h"

#include <gtest/gtest.h>

#include "runtime/data/png.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

Drawing small_drawing() {
  Drawing drawing{20, 10, "t", {}};
  drawing.add(Block{0, 0, 10, 10, {0xD5, 0x5E, 0x00}, "a < b"});
  drawing.add(Picture{12, 0, 4, 4, Tensor::from<uint8_t>({DType::kU8, {2, 2}}, {0, 50, 100, 200})});
  return drawing;
}

Colour pixel(const Tensor& image, int64_t y, int64_t x) {
  const auto bytes = image.as<uint8_t>().subspan(static_cast<size_t>((y * image.dim(1) + x) * 3), 3);
  return {bytes[0], bytes[1], bytes[2]};
}

TEST(Drawing, RasterizesBlocksAndPicturesToTheirPixels) {
  const auto image = rasterize(small_drawing(), 1);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->type().shape, (Shape{10, 20, 3}));
  EXPECT_EQ(pixel(*image, 5, 5), (Colour{0xD5, 0x5E, 0x00}));
  EXPECT_EQ(pixel(*image, 9, 19), kWhite);
  EXPECT_EQ(pixel(*image, 0, 14), (Colour{50, 50, 50}));
  EXPECT_EQ(pixel(*image, 3, 15), (Colour{200, 200, 200}));
}

TEST(Drawing, TextLeavesInk) {
  Drawing drawing{80, 20, "", {}};
  drawing.add(Caption{{40, 15}, "loss \x1b", 13, kInk, Anchor::kMiddle});
  const auto image = rasterize(drawing, 2);
  ASSERT_TRUE(image);
  int dark = 0;
  for (const uint8_t value : image->as<uint8_t>()) dark += value < 100;
  EXPECT_GT(dark, 60);
}

TEST(Drawing, SvgEscapesNamesAndKeepsThePicture) {
  Drawing drawing = small_drawing();
  drawing.add(Caption{{0, 0}, "<b>&\"\x01\xff"});
  const std::string svg = to_svg(drawing);
  EXPECT_NE(svg.find("<title>a &lt; b</title>"), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt;&amp;&quot;\\x01\\xff"), std::string::npos);
  EXPECT_NE(svg.find("href=\"data:image/png;base64,iVBORw0KGgo"), std::string::npos);
}

TEST(Drawing, TheNameSaysTheFormat) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_drawing(folder.file("a.svg"), small_drawing()));
  ASSERT_TRUE(write_drawing(folder.file("a.png"), small_drawing()));
  EXPECT_EQ(read_png_gray(folder.file("a.png"))->type().shape, (Shape{20, 40}));
  EXPECT_EQ(write_drawing(folder.file("a.jpg"), small_drawing()).error().code, ExitCode::kUsage);
  EXPECT_NE(write_drawing(folder.file("b.png"), {1e6, 5, "", {}}).error().message.find("too large"), std::string::npos);
}

}  // namespace
}  // namespace minnow

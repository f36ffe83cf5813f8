#include "runtime/plot/image_sheet.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

Tensor bytes(Shape shape, std::initializer_list<uint8_t> values) {
  return Tensor::from<uint8_t>({DType::kU8, std::move(shape)}, values);
}

TEST(Pictures, ComeFromEveryShapeThatIsOne) {
  EXPECT_EQ(as_pictures(Tensor::zeros({DType::kU8, {3, 1, 4, 5}}), "")->type().shape, (Shape{3, 4, 5}));
  EXPECT_EQ(as_pictures(Tensor::zeros({DType::kF32, {3, 4, 5}}), "")->type().shape, (Shape{3, 4, 5}));
  EXPECT_EQ(as_pictures(Tensor::zeros({DType::kF32, {3, 49}}), "")->type().shape, (Shape{3, 7, 7}));
  const auto coloured = as_pictures(bytes({1, 3, 1, 2}, {1, 2, 3, 4, 5, 6}), "");
  EXPECT_EQ(coloured->type().shape, (Shape{1, 1, 2, 3}));
  EXPECT_EQ(coloured->as<uint8_t>()[1], 3);
  for (const Shape& shape : {Shape{3, 5}, Shape{3, 1}, Shape{3, 4}, Shape{3, 36}, Shape{3, 2, 4, 4}, Shape{3}})
    EXPECT_NE(as_pictures(Tensor::zeros({DType::kF32, shape}), "x.npy").error().message.find("no pictures"),
              std::string::npos);
}

TEST(Pictures, NumbersAreScaledToBytes) {
  const auto scaled = [](std::initializer_list<float> values) {
    const auto found = as_pictures(Tensor::from<float>({DType::kF32, {1, 2, 2}}, values), "");
    const auto pixels = found->as<uint8_t>();
    return std::vector<int>(pixels.begin(), pixels.end());
  };
  EXPECT_EQ(scaled({0, 0.5F, 0.25F, 1}), (std::vector<int>{0, 128, 64, 255}));
  EXPECT_EQ(scaled({0, 7, 200, 255}), (std::vector<int>{0, 7, 200, 255}));
  EXPECT_EQ(scaled({-1, 0, 1, NAN}), (std::vector<int>{0, 128, 255, 0}));
  EXPECT_EQ(scaled({3, 3, 3, 3}), (std::vector<int>{0, 0, 0, 0}));
}

TEST(ImageSheet, TextHasTwoPixelsToACharacter) {
  const ImageSheet sheet{"", bytes({2, 2, 2}, {255, 0, 0, 255, 255, 255, 0, 0}), {{"a"}, {"long"}}};
  EXPECT_EQ(sheet_text(sheet, 80, false), "\n▀▄  ▀▀\na   l…\n");
  EXPECT_EQ(sheet_text(sheet, 4, false), "\n▀▄\na\n\n▀▀\nl…\n");
  EXPECT_EQ(sheet_text(sheet, 4, true).find("\n\x1b[38;5;231m\x1b[48;5;16m▀\x1b[38;5;16m\x1b[48;5;231m▀\x1b[0m"), 0U);
}

TEST(ImageSheet, DrawsEveryPictureWithItsCaption) {
  const ImageSheet sheet{"ten", Tensor::zeros({DType::kU8, {10, 28, 28}}),
                         std::vector(10, std::vector<std::string>{"c"})};
  const Drawing drawing = draw_sheet(sheet);
  EXPECT_EQ(drawing.marks.size(), 21U);
  EXPECT_LT(drawing.width, 600);
  EXPECT_GT(drawing.width, drawing.height);
}

}  // namespace
}  // namespace minnow

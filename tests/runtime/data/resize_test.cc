#include "runtime/data/resize.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

TEST(Resize, EachPixelIsTheMeanOfWhatItCovers) {
  const Tensor picture = Tensor::from<float>({DType::kF32, {2, 2, 3}}, {0, 10, 20, 30, 40, 50, 1, 1, 1, 1, 1, 1});
  const Tensor half = resized(picture, 1, 2);
  EXPECT_EQ(half.type().to_string(), "f32[2,1,2]");
  const auto values = half.as<float>();
  EXPECT_NEAR(values[0], (0 + 30 + 0.5 * (10 + 40)) / 3, 1e-5);
  EXPECT_NEAR(values[1], (20 + 50 + 0.5 * (10 + 40)) / 3, 1e-5);
  EXPECT_NEAR(values[2], 1, 1e-6);
  const Tensor same = resized(picture, 2, 3);
  EXPECT_EQ(same.bytes(), picture.bytes());
  const Tensor grown = resized(Tensor::from<uint8_t>({DType::kU8, {1, 1, 2}}, {7, 9}), 3, 4);
  EXPECT_TRUE(std::ranges::equal(grown.as<uint8_t>(), std::vector<int>{7, 7, 9, 9, 7, 7, 9, 9, 7, 7, 9, 9}));
}

TEST(Resize, OfBytesRounds) {
  const Tensor picture = Tensor::from<uint8_t>({DType::kU8, {1, 1, 3}}, {1, 2, 2});
  EXPECT_EQ(resized(picture, 1, 1).as<uint8_t>()[0], 2);
  EXPECT_EQ(resized(picture, 5, 1).type().to_string(), "u8[1,5,1]");
}

}  // namespace
}  // namespace minnow

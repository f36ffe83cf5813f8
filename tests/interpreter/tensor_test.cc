#include "interpreter/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace minnow {
namespace {

TEST(Tensor, ZerosAreZeroAndAligned) {
  const Tensor tensor = Tensor::zeros({DType::kF32, {3, 5}});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % kTensorAlignment, 0U);
  EXPECT_EQ(tensor.as<float>().size(), 15U);
  for (const float value : tensor.as<float>()) EXPECT_EQ(value, 0);
}

TEST(Tensor, ScalarsAndEmptyTensors) {
  EXPECT_EQ(Tensor::from<int32_t>({DType::kI32, {}}, {7}).as<int32_t>()[0], 7);
  EXPECT_TRUE(Tensor::zeros({DType::kF64, {0, 4}}).as<double>().empty());
  EXPECT_EQ(Tensor().type().elements(), 0);
}

TEST(Tensor, CloneIsIndependent) {
  Tensor original = Tensor::from<float>({DType::kF32, {2}}, {1, 2});
  const Tensor copy = original.clone();
  original.as<float>()[0] = 9;
  EXPECT_EQ(copy.as<float>()[0], 1);
}

TEST(Tensor, ConversionsClampAndRoundTowardZero) {
  const Tensor from = Tensor::from<float>({DType::kF32, {5}}, {-1.5F, 2.9F, 300, std::nanf(""), 0});
  const Tensor bytes = from.converted_to(DType::kU8);
  const Tensor truth = from.converted_to(DType::kPred);
  const std::vector<uint8_t> expected_bytes = {0, 2, 255, 0, 0};
  const std::vector<uint8_t> expected_truth = {1, 1, 1, 1, 0};
  EXPECT_TRUE(std::ranges::equal(bytes.as<uint8_t>(), expected_bytes));
  EXPECT_TRUE(std::ranges::equal(truth.as<uint8_t>(), expected_truth));
  EXPECT_EQ(from.converted_to(DType::kF64).as<double>()[1], double{2.9F});
}

TEST(Tensor, BorrowsWhatTheCallerKeeps) {
  float elements[] = {1, 2, 3};
  auto* data = reinterpret_cast<std::byte*>(elements);
  {
    const Tensor tensor = Tensor::borrowed({DType::kF32, {3}}, data);
    EXPECT_EQ(tensor.data(), data);
    Tensor copy = tensor.clone();
    EXPECT_NE(copy.data(), data);
    elements[1] = 9;
    EXPECT_EQ(copy.as<float>()[1], 2);
    const std::byte* before = copy.data();
    copy.assign(tensor);
    EXPECT_EQ(copy.as<float>()[1], 9);
    EXPECT_EQ(copy.data(), before);
  }
  EXPECT_EQ(elements[2], 3);
}

TEST(Tensor, ReshapedKeepsElements) {
  const Tensor tensor = Tensor::from<int32_t>({DType::kI32, {4}}, {1, 2, 3, 4}).reshaped({2, 2});
  EXPECT_EQ(tensor.type().to_string(), "i32[2,2]");
  EXPECT_EQ(tensor.as<int32_t>()[3], 4);
}

}  // namespace
}  // namespace minnow

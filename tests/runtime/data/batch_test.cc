#include "runtime/data/batch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/data/shuffle.h"

namespace minnow {
namespace {

TEST(Shuffle, IsAPermutationThatDependsOnSeedAndEpoch) {
  std::vector<int32_t> order = shuffled_order(1000, 1, 0);
  EXPECT_EQ(order, shuffled_order(1000, 1, 0));
  EXPECT_NE(order, shuffled_order(1000, 1, 1));
  EXPECT_NE(order, shuffled_order(1000, 2, 0));
  std::ranges::sort(order);
  EXPECT_EQ(order, file_order(1000));
}

TEST(Shuffle, SmallCounts) {
  EXPECT_TRUE(shuffled_order(0, 1, 0).empty());
  EXPECT_EQ(shuffled_order(1, 1, 0), std::vector<int32_t>{0});
}

TEST(Shuffle, IsFairForThree) {
  std::vector<int> counts(27);
  for (uint32_t epoch = 0; epoch < 6000; ++epoch) {
    const auto order = shuffled_order(3, 5, epoch);
    ++counts[static_cast<size_t>(order[0] * 9 + order[1] * 3 + order[2])];
  }
  for (const int count : counts) EXPECT_TRUE(count == 0 || (count > 850 && count < 1150)) << count;
}

TEST(Batch, GathersRows) {
  const Tensor source = Tensor::from<int32_t>({DType::kI32, {3, 2}}, {1, 2, 3, 4, 5, 6});
  Tensor batch = Tensor::zeros({DType::kI32, {2, 2}});
  gather_rows(source, std::vector<int32_t>{2, 0}, batch);
  EXPECT_TRUE(std::ranges::equal(batch.as<int32_t>(), std::vector<int32_t>{5, 6, 1, 2}));
}

TEST(Batch, TurnsBytesIntoFloats) {
  const Tensor source = Tensor::from<uint8_t>({DType::kU8, {2, 1}}, {0, 255});
  Tensor batch = Tensor::zeros({DType::kF32, {2}});
  gather_rows(source, std::vector<int32_t>{1, 0}, batch);
  EXPECT_EQ(batch.as<float>()[0], 255);
  EXPECT_EQ(batch.as<float>()[1], 0);
}

}  // namespace
}  // namespace minnow

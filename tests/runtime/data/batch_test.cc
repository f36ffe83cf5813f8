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

// The rest of the batch may hold anything, and nobody reads it.
TEST(Batch, FillsTheRowsThatAreRead) {
  LoweredModel network;
  network.inputs.push_back({"x", {DType::kI32, {4, 2}}});
  network.targets.push_back({"y", {DType::kI32, {4}}});
  Dataset data{"data",
               Tensor::from<int32_t>({DType::kI32, {3, 2}}, {1, 2, 3, 4, 5, 6}),
               Tensor::from<int32_t>({DType::kI32, {3}}, {7, 8, 9}),
               {}};
  Batch batch;
  batch.tensors.emplace("x", Tensor::from<int32_t>({DType::kI32, {4, 2}}, {0, 0, 0, 0, 0, 0, 0, 0}));
  const std::vector<int32_t> rows = {2, 1, 0, 1};
  ASSERT_TRUE(fill_batch(network, data, rows, BatchParts::kAll, batch, {{"x", {{0, 1}, {2, 3}}}}));
  EXPECT_TRUE(std::ranges::equal(batch.tensors.at("x").as<int32_t>(), std::vector<int32_t>{5, 6, 0, 0, 1, 2, 0, 0}));
  EXPECT_TRUE(std::ranges::equal(batch.tensors.at("y").as<int32_t>(), std::vector<int32_t>{9, 8, 7, 8}));
  ASSERT_TRUE(fill_batch(network, data, rows, BatchParts::kAll, batch));
  EXPECT_TRUE(std::ranges::equal(batch.tensors.at("x").as<int32_t>(), std::vector<int32_t>{5, 6, 3, 4, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace minnow

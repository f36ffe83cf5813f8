#include "frontend/lower/initialize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace minnow {
namespace {

constexpr int64_t kFanIn = 300, kFanOut = 100;
const Shape kShape = {kFanIn, kFanOut};

std::vector<float> draw(const spec::Initializer& initializer, uint32_t seed = 1) {
  return initialize_weight({initializer, kFanIn, kFanOut}, "fc.weight", kShape, seed);
}

double deviation(const std::vector<float>& values) {
  double square = 0;
  for (const float value : values) square += static_cast<double>(value) * value;
  return std::sqrt(square / static_cast<double>(values.size()));
}

float largest(const std::vector<float>& values) {
  return std::abs(
      *std::max_element(values.begin(), values.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
}

void expect_uniform(const std::vector<float>& values, double bound) {
  EXPECT_LE(largest(values), bound * 1.0001);
  EXPECT_GT(largest(values), bound * 0.99);
  EXPECT_NEAR(deviation(values), bound / std::sqrt(3), bound * 0.02);
}

TEST(InitializeWeight, DistributionsHaveTheirSpread) {
  spec::Initializer initializer;
  initializer.mutable_normal()->set_sigma(0.01);
  EXPECT_NEAR(deviation(draw(initializer)), 0.01, 0.0002);
  initializer.mutable_xavier_uniform()->set_gain(1);
  expect_uniform(draw(initializer), std::sqrt(6.0 / 400));
  initializer.mutable_xavier_normal()->set_gain(2);
  EXPECT_NEAR(deviation(draw(initializer)), 2 * std::sqrt(2.0 / 400), 0.003);
  initializer.mutable_kaiming_uniform();
  expect_uniform(draw(initializer), std::sqrt(6.0 / 300));
  initializer.mutable_kaiming_normal();
  EXPECT_NEAR(deviation(draw(initializer)), std::sqrt(2.0 / 300), 0.002);
  initializer.mutable_fan_in_uniform();
  expect_uniform(draw(initializer), std::sqrt(1.0 / 300));
}

TEST(InitializeWeight, UniformAndConstantAreExact) {
  spec::Initializer initializer;
  initializer.mutable_uniform()->set_low(2);
  initializer.mutable_uniform()->set_high(3);
  const std::vector<float> values = draw(initializer);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), 2);
  EXPECT_LE(*std::max_element(values.begin(), values.end()), 3);
  initializer.mutable_constant()->set_value(0.5);
  EXPECT_EQ(draw(initializer), std::vector<float>(30000, 0.5F));
}

TEST(InitializeWeight, DependsOnSeedAndNameOnly) {
  spec::Initializer initializer;
  initializer.mutable_xavier_uniform()->set_gain(1);
  EXPECT_EQ(draw(initializer, 7), draw(initializer, 7));
  EXPECT_NE(draw(initializer, 7), draw(initializer, 8));
  EXPECT_NE(initialize_weight({initializer, kFanIn, kFanOut}, "other", kShape, 7), draw(initializer, 7));
}

TEST(StreamOf, IsFnv1a) {
  EXPECT_EQ(stream_of(""), 2166136261U);
  EXPECT_EQ(stream_of("a"), 0xE40C292CU);
}

}  // namespace
}  // namespace minnow

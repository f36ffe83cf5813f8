#include "runtime/data/linear_data.h"

#include <gtest/gtest.h>

#include <cmath>

namespace minnow {
namespace {

TEST(LinearData, LiesOnTheLineWithoutNoise) {
  const Dataset data = make_linear_data({.weights = {2, -3.4F}, .bias = 4.2F, .count = 100, .seed = 1});
  EXPECT_EQ(data.labels.type().to_string(), "f32[100,1]");
  const auto x = data.examples.as<float>();
  for (size_t i = 0; i < 100; ++i)
    EXPECT_NEAR(data.labels.as<float>()[i], 2 * x[2 * i] - 3.4 * x[2 * i + 1] + 4.2, 1e-5);
}

TEST(LinearData, NoiseHasTheDeviationAskedFor) {
  const Dataset data = make_linear_data({.weights = {0}, .noise = 0.5F, .count = 20000, .seed = 1});
  double squares = 0;
  for (const float y : data.labels.as<float>()) squares += double{y} * double{y};
  EXPECT_NEAR(std::sqrt(squares / 20000), 0.5, 0.02);
}

TEST(LinearData, SplitsDifferAndPrefixesAgree) {
  const Dataset train = make_linear_data({.weights = {1}, .count = 10, .seed = 3});
  const Dataset longer = make_linear_data({.weights = {1}, .count = 20, .seed = 3});
  const Dataset other = make_linear_data({.weights = {1}, .count = 10, .seed = 3, .split = 1});
  EXPECT_EQ(train.examples.bytes(), longer.examples.bytes().substr(0, 40));
  EXPECT_NE(train.examples.bytes(), other.examples.bytes());
}

}  // namespace
}  // namespace minnow

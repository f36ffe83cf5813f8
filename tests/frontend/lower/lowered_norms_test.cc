// What layers that normalise compute, and the statistics that they keep.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

TEST(LoweredNorms, LayerNorm) {
  const auto results = run(network(3, "layer_norm {}", "l1"), "infer", 1,
                           {{"x", Values{1, 2, 3}}, {"y.gain", Values{2}}, {"y.offset", Values{1}}});
  expect_near(results.at("prediction"), {1 - 2 * 1.2247357, 1, 1 + 2 * 1.2247357});
}

TEST(LoweredNorms, RmsNorm) {
  const std::string text = network(3, "rms_norm { epsilon: 0.5 }", "l1");
  const auto results = run(text, "infer", 1, {{"x", Values{1, -2, 2.5}}, {"y.gain", Values{1, 2, 1}}});
  const double root = std::sqrt((1 + 4 + 6.25) / 3 + 0.5);
  expect_near(results.at("prediction"), {1 / root, -4 / root, 2.5 / root});
}

TEST(LoweredNorms, GroupNormIsOfGroupsOfAnExample) {
  const std::string text = images("[4, 1, 2]", "group_norm { groups: 2 epsilon: 0.75 }");
  // Groups 1, 2, 3, 4 and 5, 5, 5, 5 and so on: variances 5/4 and 0, to which 3/4 are added.
  const Values x = {1, 2, 3, 4, 5, 5, 5, 5, 3, 3, 5, 5, 9, 9, 7, 7};
  const double d = std::sqrt(2), e = std::sqrt(1.75);
  const Values normal = {-1.5 / d, -0.5 / d, 0.5 / d, 1.5 / d, 0,     0,     0,      0,
                         -1 / e,   -1 / e,   1 / e,   1 / e,   1 / e, 1 / e, -1 / e, -1 / e};
  expect_near(run(text, "infer", 2, {{"x", x}, {"y.gain", Values{1}}}).at("prediction"), normal);
  // Gain and offset are those of channels, two elements each.
  const auto scaled =
      run(text, "infer", 1,
          {{"x", Values(x.begin(), x.begin() + 8)}, {"y.gain", Values{1, 2, 3, 4}}, {"y.offset", Values{0, 1, 2, 3}}});
  expect_near(scaled.at("prediction"), {-1.5 / d, -0.5 / d, 1 + 1 / d, 1 + 3 / d, 2, 2, 3, 3});
}

TEST(LoweredNorms, InstanceNormIsOfChannels) {
  const std::string text = images("[2, 1, 2]", "instance_norm { epsilon: 0.75 }");
  const double e = std::sqrt(1.0);  // variances 1/4 and 4
  const auto results = run(text, "infer", 1, {{"x", Values{1, 2, 5, 9}}, {"y.gain", Values{1}}});
  expect_near(results.at("prediction"), {-0.5 / e, 0.5 / e, -2 / std::sqrt(4.75), 2 / std::sqrt(4.75)});
}

TEST(LoweredNorms, BatchNormKeepsRunningStatistics) {
  const std::string text = network(1, "batch_norm { momentum: 0.5 }", "l1");
  const Arguments arguments = {
      {"x", Values{1, 3}}, {"y.gain", Values{1}}, {"y.running_mean", Values{4}}, {"y.running_variance", Values{1}}};
  const auto training = run(text, "loss", 2, arguments);
  expect_near(training.at("y.running_mean"), {3});        // (4 + 2) / 2
  expect_near(training.at("y.running_variance"), {1.5});  // (1 + 2) / 2, 2 being the unbiased variance
  expect_near(training.at("loss"), {1}, 1e-4);            // normalised to -1 and 1
  expect_near(run(text, "infer", 2, arguments).at("prediction"), {-3, -1}, 1e-4);
}

// Two batches of one step, one after the other: 0.5 (0.5 * 0 + 0.5 * 2) + 0.5 * 6.
TEST(LoweredNorms, SharedBatchNormKeepsStatisticsOfAllItsInputs) {
  const auto results = run(R"(inputs { name: "x" shape: 1 }
layers { name: "n" batch_norm { momentum: 0.5 } }
layers { name: "y" inputs: "x" dense { units: 1 bias: false } }
layers { name: "m" share: "n" batch_norm { momentum: 0.5 } }
layers { name: "sum" inputs: ["n", "m"] add {} }
loss { l1 {} })",
                           "loss", 2, {{"x", Values{1, 3}}, {"y.weight", Values{3}}, {"n.gain", Values{1}}});
  expect_near(results.at("n.running_mean"), {3.5});
  EXPECT_FALSE(results.contains("m.running_mean"));
}

}  // namespace
}  // namespace minnow

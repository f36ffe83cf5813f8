// What losses come to.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

// Sum of the losses of one example.
double loss_of(const std::string& loss, const Values& x, const Values& target) {
  const std::string text = "inputs { name: \"x\" shape: " + std::to_string(x.size()) +
                           " }\nlayers { name: \"y\" flatten {} }\nloss { " + loss + " }\n";
  return run(text, "evaluate", 1, {{"x", x}, {"target", target}})["loss"].at(0);
}

TEST(LoweredLosses, SoftmaxCrossEntropy) {
  const std::string shifted = "softmax_cross_entropy {}", naive = "softmax_cross_entropy { form: NAIVE }";
  EXPECT_NEAR(loss_of(shifted, {1000, 0, -1000}, {1}), 1000, 1e-3);
  EXPECT_TRUE(std::isnan(loss_of(naive, {1000, 0, -1000}, {0})));
  EXPECT_TRUE(std::isinf(loss_of(naive, {1000, 0, -1000}, {1})));
  EXPECT_NEAR(loss_of(shifted, {1, 2, 3}, {2}), 0.4076060, 1e-6);
  EXPECT_NEAR(loss_of(naive, {1, 2, 3}, {2}), 0.4076060, 1e-6);
  EXPECT_NEAR(loss_of("softmax_cross_entropy { label_smoothing: 0.3 }", {1, 2, 3}, {2}),
              0.7 * 0.4076060 + 0.1 * (0.4076060 + 1.4076060 + 2.4076060), 1e-5);
}

TEST(LoweredLosses, OtherLosses) {
  EXPECT_NEAR(loss_of("mean_squared_error {}", {1, 5}, {2, 2}), 5, 1e-6);
  EXPECT_NEAR(loss_of("l1 {}", {1, 5}, {2, 2}), 2, 1e-6);
  EXPECT_NEAR(loss_of("huber { delta: 2 }", {1, 5}, {2, 2}), (0.5 + 2 * 2) / 2, 1e-6);
  EXPECT_NEAR(loss_of("binary_cross_entropy_with_logits {}", {0, 100}, {1, 0}), (0.6931472 + 100) / 2, 1e-4);
}

TEST(LoweredLosses, TrainingAveragesAndEvaluationSums) {
  const std::string text = network(2, "flatten {}", "softmax_cross_entropy");
  const Arguments arguments = {{"x", Values{0, 0, 9, 0, 0, 9}}, {"target", Values{0, 0, 0}}};
  const auto training = run(text, "loss", 3, arguments), evaluation = run(text, "evaluate", 3, arguments);
  EXPECT_NEAR(training.at("loss").at(0) * 3, evaluation.at("loss").at(0), 1e-5);
  expect_near(training.at("correct"), {2});
  expect_near(evaluation.at("correct"), {2});
}

}  // namespace
}  // namespace minnow

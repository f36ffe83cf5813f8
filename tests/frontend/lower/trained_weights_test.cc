#include "frontend/lower/trained_weights.h"

#include <gtest/gtest.h>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

constexpr char kLayers[] = R"(
  layers { name: "conv1" conv2d { filters: 2 kernel: 3 } }
  layers { name: "bn" batch_norm {} }
  layers { name: "conv2" conv2d { filters: 2 kernel: 3 } }
  layers { name: "fc" dense { units: 10 } })";

Result<LoweredModel> lowered(const std::string& training) {
  MINNOW_ASSIGN(const LoadedModel loaded,
                checked(model_with(kLayers, std::string(kTail) + "training { " + training + " }")));
  return lower_model(loaded, {2});
}

// "conv1.weight conv2.weight"
std::string frozen(const std::string& training) {
  const auto model = lowered(training);
  if (!model) return error_of(model);
  std::string names;
  for (const WeightInfo& weight : model->weights)
    if (weight.is_frozen) names += (names.empty() ? "" : " ") + weight.name;
  return names;
}

TEST(TrainedWeights, AreFrozenByNameOrLayer) {
  EXPECT_EQ(frozen(""), "");
  EXPECT_EQ(frozen("freeze: \"conv?\""), "conv1.weight conv1.bias conv2.weight conv2.bias");
  EXPECT_EQ(frozen("freeze: [\"*.bias\", \"bn\"]"), "conv1.bias bn.gain bn.offset conv2.bias fc.bias");
}

TEST(TrainedWeights, PatternsThatMatchNothingAreRefused) {
  EXPECT_EQ(frozen("freeze: \"conf1\""),
            "m.textproto:8:12: \"conf1\" matches no weight and no layer that has weights | did you mean \"conv1\"?");
  EXPECT_EQ(frozen("freeze: \"\""),
            "m.textproto:8:12: names no weight | the name of a weight or a layer, or a pattern: \"conv*\"");
  EXPECT_NE(frozen("learning_rate_factors { weights: \"head*\" factor: 2 }").find("\"head*\" matches no weight"),
            std::string::npos);
  EXPECT_NE(frozen("learning_rate_factors { factor: 2 }").find("names no weight"), std::string::npos);
  EXPECT_NE(frozen("learning_rate_factors { weights: \"fc\" factor: 0 }").find("factor is 0"), std::string::npos);
}

TEST(TrainedWeights, TheFirstFactorCounts) {
  const auto model = lowered(
      "learning_rate_factors { weights: \"fc.bias\" factor: 2 } learning_rate_factors { weights: \"f*\" factor: 10 }");
  ASSERT_TRUE(model) << error_of(model);
  for (const WeightInfo& weight : model->weights)
    EXPECT_EQ(weight.learning_rate_factor, weight.name == "fc.bias" ? 2 : weight.layer == "fc" ? 10 : 1) << weight.name;
}

// Its statistics are part of what does not change, and it gives what it gives in inference.
TEST(TrainedWeights, AFrozenBatchNormKeepsItsStatistics) {
  const auto updates = [](const std::string& training) {
    const auto model = lowered(training);
    return model->module.find("loss")->find_result("bn.running_mean") != nullptr;
  };
  EXPECT_TRUE(updates(""));
  EXPECT_TRUE(updates("freeze: \"bn.gain\""));
  EXPECT_FALSE(updates("freeze: \"bn\""));
}

}  // namespace
}  // namespace minnow

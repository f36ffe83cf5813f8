// Models whose network is an .onnx file: what lowering makes of them.
#include "frontend/lower/lower_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/lower/lower_model.h"
#include "ir/verify.h"
#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::HasSubstr;

const std::string kFolder = MINNOW_SOURCE_DIR "/models/onnx/";

Result<LoadedModel> complete(const std::string& text) {
  MINNOW_ASSIGN(LoadedModel loaded, parse_model_text(text, kFolder + "m.textproto"));
  MINNOW_TRY(complete_model(loaded));
  return loaded;
}

Result<LoweredModel> lower(const std::string& text, int64_t batch = 4) {
  MINNOW_ASSIGN(const LoadedModel loaded, complete(text));
  return lower_model(loaded, {batch});
}

std::string message(const std::string& text) {
  const auto lowered = lower(text);
  return lowered ? "" : lowered.error().to_string();
}

const std::string kTrained = "network { onnx: \"glyphs.onnx\" } loss { softmax_cross_entropy {} } ";

TEST(LowerGraph, GivesWhatLayersGive) {
  const auto lowered = lower(kTrained);
  ASSERT_TRUE(lowered) << lowered.error().to_string();
  for (const auto& function : lowered->module.functions) EXPECT_TRUE(verify(*function));
  EXPECT_EQ(lowered->classes, 10);
  ASSERT_EQ(lowered->inputs.size(), 1U);
  EXPECT_EQ(lowered->inputs[0].type.to_string(), "f32[4,1,28,28]");
  EXPECT_EQ(lowered->weight_count(), 8 * 9 + 12 * 8 * 9 + 2 * (8 + 12) + 10 * 588 + 10);
  EXPECT_EQ(lowered->states.size(), 4U);
  const Function& loss = *lowered->module.find("loss");
  EXPECT_NE(loss.find_result("bn1.running_mean"), nullptr) << "the batch moves what is kept";
  EXPECT_EQ(lowered->module.find("infer")->find_result("bn1.running_mean"), nullptr);
  EXPECT_EQ(lowered->layers.front().name, "conv1");
  EXPECT_EQ(lowered->layers.front().weights, 72);
  const Shape& first = lowered->layers.front().output;
  EXPECT_EQ(lowered->layers.front().flops, 2.0 * 9 * static_cast<double>(element_count(first)));
}

// Without a loss, too, the prediction is the output that the model names.
TEST(LowerGraph, TheOutputThatIsNamedComesFirst) {
  onnx::ModelProto model =
      small_model({"op_type: 'Relu' input: 'x' output: 'y'", "op_type: 'Neg' input: 'x' output: 'z'"},
                  {{"x", {DType::kF32, {4, 2}}, {}}}, 22, "output { name: 'z' }");
  const auto graph = OnnxFile::parse(model.SerializeAsString(), "small.onnx");
  for (const std::string name : {"y", "z"}) {
    auto loaded = parse_model_text("network { onnx: \"small.onnx\" } output: \"" + name + "\"", "m.textproto");
    ASSERT_TRUE(loaded);
    loaded->graph = *graph;
    ASSERT_TRUE(complete_model(*loaded));
    const auto lowered = lower_model(*loaded, {4});
    ASSERT_TRUE(lowered) << lowered.error().to_string();
    const auto& results = lowered->module.find("infer")->results();
    EXPECT_EQ(results[0].name, name);
    EXPECT_EQ(results.size(), 2U);
  }
}

TEST(LowerGraph, WeightsAreThoseOfTheFileUnlessTheModelDrawsThem) {
  const auto lowered = lower(
      "network { onnx: \"glyphs.onnx\" weights { name: \"fc.*\" init { constant { value: 3 } } } } loss { softmax_cross_entropy {} }");
  ASSERT_TRUE(lowered) << lowered.error().to_string();
  for (const WeightInfo& weight : lowered->weights) {
    const std::vector<float> values = initialize_weight(weight.init, weight.name, weight.shape, 1);
    EXPECT_EQ(values[0] == 3, weight.name.starts_with("fc.")) << weight.name;
  }
  EXPECT_EQ(lowered->states[1].initial_values()[0], 1);
}

TEST(LowerGraph, WithoutALossThereIsInferenceAlone) {
  const auto lowered = lower("network { onnx: \"glyphs.onnx\" }", 3);
  ASSERT_TRUE(lowered) << lowered.error().to_string();
  ASSERT_EQ(lowered->module.functions.size(), 1U);
  EXPECT_EQ(lowered->module.find("infer")->results()[0].name, "scores");
  EXPECT_EQ(lowered->module.find("infer")->results()[0].value->type.to_string(), "f32[3,10]");
}

TEST(LowerGraph, MistakesAreNamed) {
  EXPECT_THAT(message("inputs { name: \"x\" shape: [1] } " + kTrained), HasSubstr("has a network and inputs"));
  EXPECT_THAT(message("output: \"score\" " + kTrained),
              HasSubstr("\"score\" is no output of the graph\n  hint: did you mean \"scores\"?"));
  EXPECT_THAT(message("network { onnx: \"none.onnx\" }"), HasSubstr("m.textproto:1:11: error: "));
  EXPECT_THAT(message("network { onnx: \"glyphs.onnx\" sizes: \"width\" }"),
              HasSubstr("\"width\" gives no size to a name"));
  EXPECT_THAT(message("network { onnx: \"glyphs.onnx\" weights { name: \"fd\" } }"),
              HasSubstr("matches no weight and no state of the graph"));
  EXPECT_THAT(
      message(
          "network { onnx: \"glyphs.onnx\" } data { builtin: GLYPHS } losses { mean_squared_error {} output: \"scores\" }"),
      HasSubstr("the model has no loss"));
}

TEST(LowerGraph, DataOfAnotherShapeAreRefused) {
  EXPECT_THAT(message(kTrained + "data { linear_regression { weights: 1 } }"), HasSubstr("must have the shape [1]"));
}

}  // namespace
}  // namespace minnow::onnx_tests

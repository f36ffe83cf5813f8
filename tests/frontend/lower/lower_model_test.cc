#include "frontend/lower/lower_model.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

Result<LoweredModel> lowered(const std::string& text, LowerOptions options = {.batch_size = 4}) {
  MINNOW_ASSIGN(const LoadedModel loaded, checked(text));
  return lower_model(loaded, options);
}

// Layers "x" on the image [1,28,28], then a dense layer.
Shape output_shape(const std::string& kind) {
  const auto model =
      lowered(model_with("layers { name: \"x\" " + kind + " }\nlayers { name: \"fc\" dense { units: 10 } }"));
  EXPECT_TRUE(model) << error_of(model);
  return model ? model->layers[0].output : Shape{};
}

const TensorType& parameter_type(const Function& function, std::string_view name) {
  return function.find_parameter(name)->type;
}

std::vector<std::string> parameter_names(const Function& function) {
  std::vector<std::string> names;
  for (const auto& parameter : function.parameters()) names.push_back(parameter->name);
  return names;
}

std::vector<std::string> result_names(const Function& function) {
  std::vector<std::string> names;
  for (const FunctionResult& result : function.results()) names.push_back(result.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(LowerModel, FunctionsHaveTheirParametersAndResults) {
  const auto model =
      lowered(model_with("layers { name: \"drop\" dropout {} }\nlayers { name: \"norm\" batch_norm {} }\n"
                         "layers { name: \"fc\" dense { units: 10 } }",
                         std::string(kTail) + "data { builtin: GLYPHS }"));
  ASSERT_TRUE(model) << error_of(model);
  const Function& loss = *model->module.find("loss");
  EXPECT_EQ(parameter_names(loss), (Names{"image", "target", "seed", "step", "norm.gain", "norm.offset",
                                          "norm.running_mean", "norm.running_variance", "fc.weight", "fc.bias"}));
  EXPECT_EQ(result_names(loss), (Names{"loss", "correct", "norm.running_mean", "norm.running_variance"}));
  EXPECT_EQ(parameter_type(loss, "image").to_string(), "u8[4,1,28,28]");
  EXPECT_EQ(parameter_type(loss, "target").to_string(), "i32[4]");
  EXPECT_EQ(loss.results()[0].value->type.to_string(), "f32[]");

  EXPECT_EQ(result_names(*model->module.find("evaluate")), (Names{"loss", "correct"}));
  EXPECT_EQ(model->module.find("evaluate")->find_parameter("seed"), nullptr);
  const Function& infer = *model->module.find("infer");
  EXPECT_EQ(infer.find_parameter("target"), nullptr);
  EXPECT_EQ(infer.results()[0].value->type.to_string(), "f32[4,10]");
  EXPECT_EQ(model->classes, 10);
  ASSERT_EQ(model->states.size(), 2U);
  EXPECT_EQ(model->states[1].initial, 1);
}

TEST(LowerModel, DescribesWeightsAndLayers) {
  const auto model =
      lowered(model_with("layers { name: \"conv\" conv2d { filters: 6 kernel: 5 pad: 2 groups: 1 } }\n"
                         "layers { name: \"fc\" dense { units: 10 bias: false } }"));
  ASSERT_TRUE(model) << error_of(model);
  ASSERT_EQ(model->weights.size(), 3U);
  EXPECT_EQ(model->weights[0].name, "conv.weight");
  EXPECT_EQ(model->weights[0].shape, (Shape{6, 1, 5, 5}));
  EXPECT_EQ(model->weights[0].init.fan_in, 25);
  EXPECT_EQ(model->weights[0].init.fan_out, 150);
  EXPECT_TRUE(model->weights[0].decays);
  EXPECT_FALSE(model->weights[1].decays);
  EXPECT_EQ(model->weights[2].shape, (Shape{6 * 28 * 28, 10}));
  EXPECT_EQ(model->layers[0].output, (Shape{6, 28, 28}));
  EXPECT_EQ(model->layers[0].kind, "conv2d");
  EXPECT_EQ(model->layers[0].weights, 156);
  EXPECT_EQ(model->layers[0].flops, 2.0 * 25 * 6 * 28 * 28);
  EXPECT_EQ(model->weight_count(), 156 + 47040);
}

TEST(LowerModel, ShapesOfLayers) {
  EXPECT_EQ(output_shape("conv2d { filters: 3 kernel: 5 }"), (Shape{3, 24, 24}));
  EXPECT_EQ(output_shape("conv2d { filters: 3 kernel: [5, 3] stride: [1, 2] pad: [2, 0] }"), (Shape{3, 28, 13}));
  EXPECT_EQ(output_shape("conv2d { filters: 3 kernel: 3 dilation: 2 }"), (Shape{3, 24, 24}));
  EXPECT_EQ(output_shape("conv2d { filters: 3 kernel: 3 stride: 3 padding: SAME }"), (Shape{3, 10, 10}));
  EXPECT_EQ(output_shape("conv2d { filters: 3 kernel: 2 pad: [0, 1, 0, 1] }"), (Shape{3, 28, 28}));
  EXPECT_EQ(output_shape("max_pool { kernel: 2 }"), (Shape{1, 14, 14}));
  EXPECT_EQ(output_shape("avg_pool { kernel: 3 stride: 2 }"), (Shape{1, 13, 13}));
  EXPECT_EQ(output_shape("global_avg_pool {}"), (Shape{1}));
  EXPECT_EQ(output_shape("global_max_pool {}"), (Shape{1}));
  EXPECT_EQ(output_shape("flatten {}"), (Shape{784}));
  EXPECT_EQ(output_shape("reshape { shape: [7, -1] }"), (Shape{7, 112}));
  EXPECT_EQ(output_shape("layer_norm {}"), (Shape{1, 28, 28}));
  EXPECT_EQ(output_shape("rms_norm {}"), (Shape{1, 28, 28}));
  EXPECT_EQ(output_shape("group_norm { groups: 1 }"), (Shape{1, 28, 28}));
  EXPECT_EQ(output_shape("instance_norm {}"), (Shape{1, 28, 28}));
  EXPECT_EQ(output_shape("upsample { factor: [2, 3] }"), (Shape{1, 56, 84}));
  EXPECT_EQ(output_shape("dense { units: 5 per_position: true }"), (Shape{1, 28, 5}));
  EXPECT_EQ(output_shape("permute { order: [1, 2, 0] }"), (Shape{28, 28, 1}));
  EXPECT_EQ(output_shape("inputs: [\"image\", \"image\"] matmul { transpose_b: true }"), (Shape{1, 28, 28}));
  EXPECT_EQ(output_shape("slice { axis: 1 start: 3 limit: -1 stride: 5 }"), (Shape{1, 5, 28}));
  EXPECT_EQ(output_shape("slice { axis: -1 start: -3 }"), (Shape{1, 28, 3}));
  EXPECT_EQ(output_shape("glu {}"), (Shape{1, 28, 14}));
  EXPECT_EQ(output_shape("prelu {}"), (Shape{1, 28, 28}));
  EXPECT_EQ(output_shape("reduce { function: MAX axes: [0, -1] }"), (Shape{28}));
  EXPECT_EQ(output_shape("reduce { function: MAX axes: 1 keep: true }"), (Shape{1, 1, 28}));
  EXPECT_EQ(output_shape("reduce { function: SUM }"), (Shape{1}));
  EXPECT_EQ(output_shape("inputs: [\"image\", \"image\"] concat { axis: 0 }"), (Shape{2, 28, 28}));
  EXPECT_EQ(output_shape("inputs: [\"image\", \"image\", \"image\"] mul {}"), (Shape{1, 28, 28}));
  for (const char* function : {"RELU", "LEAKY_RELU", "SIGMOID", "TANH", "GELU", "SILU", "SOFTPLUS", "ELU", "RELU6",
                               "HARD_SIGMOID", "HARD_SWISH", "MISH", "GELU_TANH"})
    EXPECT_EQ(output_shape(std::string("activation { function: ") + function + " }"), (Shape{1, 28, 28}));
}

TEST(LowerModel, EveryLossGivesAScalar) {
  for (const char* loss :
       {"softmax_cross_entropy { label_smoothing: 0.1 }", "softmax_cross_entropy { form: NAIVE }",
        "binary_cross_entropy_with_logits {}", "mean_squared_error {}", "l1 {}", "huber { delta: 2 }"}) {
    const auto model =
        lowered(model_with("layers { name: \"fc\" dense { units: 3 } }", std::string("loss { ") + loss + " }"));
    ASSERT_TRUE(model) << loss << error_of(model);
    for (const char* function : {"loss", "evaluate"})
      for (const FunctionResult& result : model->module.find(function)->results())
        EXPECT_EQ(result.value->type.to_string(), "f32[]") << loss;
  }
}

TEST(LowerModel, SharedWeightsAreDeclaredOnce) {
  const std::string layers = R"(layers { name: "a" dense { units: 784 } }
layers { name: "b" share: "a" dense { units: 784 } }
layers { name: "c" share: "b" dense { units: 784 bias: false } })";
  const auto model = lowered(model_with(layers));
  ASSERT_TRUE(model) << error_of(model);
  ASSERT_EQ(model->weights.size(), 2U);
  EXPECT_EQ(model->weights[0].name, "a.weight");
  EXPECT_EQ(model->layers[1].weights, 0);
  EXPECT_EQ(model->weight_count(), 784 * 785);
}

TEST(ShippedModels, AreValidAndLower) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("models"))) {
    if (entry.path().extension() != ".textproto") continue;
    ++count;
    const auto loaded = read_experiment(entry.path());
    ASSERT_TRUE(loaded) << error_of(loaded);
    const auto model = lower_model(*loaded, {.batch_size = loaded->model.training().batch_size()});
    EXPECT_TRUE(model) << error_of(model);
  }
  EXPECT_GE(count, 9);
}

TEST(ShippedModels, LenetHasTheKnownSize) {
  const auto loaded = read_experiment(source_path("models/lenet.textproto"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(lower_model(*loaded, {.batch_size = 1}).value().weight_count(), 61706);
}

TEST(ReadExperiment, OverridesAreValidatedLikeTheFile) {
  EXPECT_EQ(error_of(read_experiment(source_path("models/lenet.textproto"), {"training.batch_size=0"})),
            "--set training.batch_size: batch_size is 0, but must lie in [1, 65536]");
  EXPECT_EQ(error_of(read_experiment(source_path("models/lenet.textproto"), {"layers.conv2.conv2d.stride=0"})),
            "--set layers.conv2.conv2d.stride: layer \"conv2\": stride is 0, but must lie in [1, 1024]");
}

}  // namespace
}  // namespace minnow

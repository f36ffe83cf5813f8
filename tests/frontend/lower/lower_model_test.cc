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

std::string lower_error(const std::string& layers, LowerOptions options = {.batch_size = 4}) {
  return error_of(lowered(model_with(layers), options));
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

struct BadFields {
  const char* layer;
  const char* message;
};

class LayerChecks : public testing::TestWithParam<BadFields> {};

TEST_P(LayerChecks, RefuseFieldsThatDoNotFitEachOther) {
  const std::string error = lower_error(std::string("layers { name: \"x\" ") + GetParam().layer + " }");
  EXPECT_NE(error.find(std::string("layer \"x\": ") + GetParam().message), std::string::npos) << error;
  EXPECT_EQ(error.find("m.textproto:2:"), 0U) << error;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, LayerChecks,
    testing::Values(
        BadFields{"conv2d { filters: 3 kernel: 3 groups: 2 }", "3 filters cannot be split into 2 groups"},
        BadFields{"conv2d { filters: 1 kernel: 3 pad: 1 padding: SAME }", "pad and padding: SAME exclude each other"},
        BadFields{"max_pool { kernel: 2 pad: 2 }", "pad 2 must be less than the kernel, 2"},
        BadFields{"max_pool { kernel: [3, 5] pad: [0, 0, 5, 0] }", "pad 5 must be less than the kernel, 5"},
        BadFields{"max_pool { kernel: [3, 5] pad: [3, 0, 4, 4] }", "pad 3 must be less than the kernel, 3"},
        BadFields{"max_pool { kernel: [5, 3] pad: 3 }", "pad 3 must be less than the kernel, 3"},
        BadFields{"conv1d { filters: 1 kernel: [3, 3] }", "kernel has 2 values, but takes one"},
        BadFields{"conv2d { filters: 1 kernel: [1, 2, 3] }", "kernel has 3 values, but takes one or two"},
        BadFields{"conv2d { filters: 1 kernel: 1 pad: [1, 2, 3] }", "pad has 3 values, but takes one, two or four"},
        BadFields{"conv3d { filters: 1 kernel: [3, 3] }", "kernel has 2 values, but takes one or three"},
        BadFields{"conv3d { filters: 1 kernel: 3 pad: [1, 1, 1, 1] }", "pad has 4 values, but takes one, three or six"},
        BadFields{"conv_transpose2d { filters: 3 kernel: 3 groups: 2 }", "3 filters cannot be split into 2 groups"},
        BadFields{"conv_transpose2d { filters: 1 kernel: 3 stride: 2 output_padding: [1, 2] }",
                  "output_padding 2 must be less than the stride, 2, or the dilation, 1"},
        BadFields{"conv_transpose2d { filters: 1 kernel: 3 pad: 15 }", "of 30 elements, pad 15 and 15 leave none"},
        BadFields{"max_pool { kernel: [1, 2, 3] }", "kernel has 3 values, but takes one or two"},
        BadFields{"upsample { factor: [1, 2, 3] }", "factor has 3 values, but takes one or two"},
        BadFields{"reshape { shape: [-1, -1] }", "only one dimension can be -1"},
        BadFields{"reshape { shape: [0, 4] }", "a dimension is 0"},
        BadFields{"permute { order: [1, 1, 0] }", "3 dimensions in order are 0 to 2, each once"},
        BadFields{"permute { order: [3, 1, 0] }", "3 dimensions in order are 0 to 2, each once"},
        BadFields{"slice { axis: 3 }", "axis 3 is not one of the 3 dimensions of its input [1,28,28]"},
        BadFields{"slice { axis: 1 start: 28 }", "start 28 lies outside of the 28 elements of axis 1 of [1,28,28]"},
        BadFields{"slice { axis: 1 start: -29 }", "start -29 lies outside of the 28 elements"},
        BadFields{"slice { axis: 1 limit: 29 }", "limit 29 lies outside of the 28 elements"},
        BadFields{"slice { axis: 1 start: 3 limit: -25 }", "no element is left of [1,28,28]"},
        BadFields{"glu { axis: 0 }", "the 1 elements of axis 0 of [1,28,28] (from input \"image\") have no halves"},
        BadFields{"reduce { function: MAX axes: [1, -2] }", "axis -2 is named twice"},
        BadFields{"reduce { function: MAX axes: -4 }", "axis -4 is not one of the 3 dimensions"},
        BadFields{"position {}", "needs a sequence of vectors [length,width], but its input is [1,28,28]"},
        BadFields{"attention { heads: 1 }", "needs a sequence of vectors [length,width], but its input is [1,28,28]"},
        BadFields{"inputs: \"image\" attention { heads: 1 lengths: true }",
                  "takes one or two sequences, then the lengths, but has 1 inputs"}));

TEST(LowerModel, HeadsMustFitTheirInput) {
  const auto error_of_heads = [](const std::string& fields, const std::string& inputs = "\"rows\"") {
    const std::string error =
        lower_error("layers { name: \"rows\" reshape { shape: [56, 14] } }\nlayers { name: \"a\" inputs: [" + inputs +
                    "] attention { " + fields + " } }");
    return error.substr(error.find("layer \"a\": ") + 11);
  };
  EXPECT_EQ(error_of_heads("heads: 4"),
            "the 14 features of [56,14] (from layer \"rows\") cannot be split into 4 heads; give their width");
  EXPECT_EQ(error_of_heads("heads: 4 width: 3 key_value_heads: 3"),
            "4 heads cannot share 3 heads of keys and values evenly");
  EXPECT_EQ(error_of_heads("heads: 2 rotary: true"), "heads of 7 numbers cannot be turned in pairs");
  EXPECT_EQ(error_of_heads("heads: 2 lengths: true", "\"rows\", \"image\""),
            "the length of an example is one number, not [1,28,28] (from input \"image\")");
  EXPECT_EQ(error_of_heads("heads: 2", "\"rows\", \"rows\", \"rows\""), "takes one or two sequences, but has 3 inputs");
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

TEST(LowerModel, SharedWeightsMustFit) {
  const std::string a = "layers { name: \"a\" dense { units: 5 } }\n";
  EXPECT_EQ(lower_error(a + "layers { name: \"b\" share: \"a\" dense { units: 5 } }"),
            "m.textproto:3:20: layer \"b\": its weight is [5,5], but \"a\" has [784,5] | \"a\" is at m.textproto:2:1");
  EXPECT_EQ(lower_error(a + "layers { name: \"b\" share: \"a\" share_transposed: true dense { units: 5 } }"),
            "m.textproto:3:20: layer \"b\": its weight is [5,5], transposed [5,5], but \"a\" has [784,5] | \"a\" is at "
            "m.textproto:2:1");
}

TEST(LowerModel, KernelMustFitItsInput) {
  EXPECT_EQ(lower_error("layers { name: \"pool1\" max_pool { kernel: 5 } }\n"
                        "layers { name: \"conv2\" conv2d { filters: 16 kernel: 7 } }"),
            "m.textproto:3:45: layer \"conv2\": kernel 7x7 does not fit its 5x5 input (from layer \"pool1\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv2d { filters: 1 kernel: 20 dilation: 2 pad: 1 } }"),
            "m.textproto:2:40: layer \"c\": kernel 20x20 with dilation 2x2 (spanning 39x39) does not fit its 28x28 "
            "input, padded to 30x30 (from input \"image\")");
}

TEST(LowerModel, RankAndShapeMismatchesNameTheProducers) {
  EXPECT_EQ(lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"c\" conv2d { filters: 1 kernel: 1 } }"),
            "m.textproto:3:20: layer \"c\": needs an image [channels,height,width], but its input is [784] "
            "(from layer \"f\")");
  EXPECT_EQ(lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"a\" inputs: [\"f\", \"image\"] add {} }"),
            "m.textproto:3:43: layer \"a\": its inputs have different shapes: [784] (from layer \"f\") and "
            "[1,28,28] (from input \"image\")");
  EXPECT_EQ(
      lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"a\" inputs: [\"f\", \"image\"] concat {} }"),
      "m.textproto:3:43: layer \"a\": its inputs differ outside axis 0: [784] (from layer \"f\") and "
      "[1,28,28] (from input \"image\")");
  EXPECT_EQ(lower_error("layers { name: \"g\" group_norm { groups: 2 } }"),
            "m.textproto:2:33: layer \"g\": 1 input channels (from input \"image\") cannot be split into 2 groups");
  EXPECT_EQ(lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"i\" instance_norm {} }"),
            "m.textproto:3:20: layer \"i\": needs an image [channels,height,width], a sequence [channels,length] or a "
            "volume [channels,depth,height,width], but its input is [784] (from layer \"f\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv1d { filters: 1 kernel: 1 } }"),
            "m.textproto:2:20: layer \"c\": needs a sequence [channels,length], but its input is [1,28,28] (from input "
            "\"image\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv_transpose3d { filters: 1 kernel: 1 } }"),
            "m.textproto:2:20: layer \"c\": needs a volume [channels,depth,height,width], but its input is [1,28,28] "
            "(from input \"image\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv2d { filters: 2 kernel: 1 groups: 2 } }"),
            "m.textproto:2:50: layer \"c\": 1 input channels (from input \"image\") cannot be split into 2 groups");
  EXPECT_EQ(lower_error("layers { name: \"r\" reshape { shape: [3, -1] } }"),
            "m.textproto:2:30: layer \"r\": its input [1,28,28] (from input \"image\") has 784 elements and "
            "cannot take the shape [3,-1]");
  EXPECT_EQ(lower_error("layers { name: \"p\" permute { order: [1, 0] } }"),
            "m.textproto:2:30: layer \"p\": its input [1,28,28] (from input \"image\") has 3 dimensions, not 2");
}

// Two inputs are named that do not fit each other, which need not be the first.
TEST(LowerModel, OnlyDimensionsOfOneAreRepeated) {
  const std::string two = "layers { name: \"two\" inputs: \"image\" conv2d { filters: 2 kernel: 1 } }\n";
  const std::string three = "layers { name: \"three\" inputs: \"image\" conv2d { filters: 3 kernel: 1 } }\n";
  EXPECT_EQ(lower_error(two + three + "layers { name: \"a\" inputs: [\"image\", \"two\", \"three\"] add {} }"),
            "m.textproto:4:54: layer \"a\": its inputs have different shapes: [2,28,28] (from layer \"two\") and "
            "[3,28,28] (from layer \"three\")");
  const std::string gate = "layers { name: \"g\" inputs: \"image\" dense { units: 3 } }\n";
  EXPECT_EQ(lower_error(two + gate + "layers { name: \"a\" inputs: [\"two\", \"g\"] mul {} }"),
            "m.textproto:4:41: layer \"a\": its inputs have different shapes: [2,28,28] (from layer \"two\") and "
            "[3] (from layer \"g\")");
  // Whether a vector belongs to the rows or to the columns of a table, nothing says.
  EXPECT_NE(lower_error("layers { name: \"t\" reshape { shape: [28, 28] } }\n"
                        "layers { name: \"g\" dense { units: 28 } }\n"
                        "layers { name: \"a\" inputs: [\"t\", \"g\"] mul {} }")
                .find("its inputs have different shapes: [28,28]"),
            std::string::npos);
}

TEST(LowerModel, MatricesMustFitEachOther) {
  const auto error_of_product = [](const std::string& first, const std::string& second, const std::string& fields) {
    const std::string error =
        lower_error("layers { name: \"a\" inputs: \"image\" reshape { shape: " + first +
                    " } }\nlayers { name: \"b\" inputs: \"image\" reshape { shape: " + second +
                    " } }\nlayers { name: \"m\" inputs: [\"a\", \"b\"] matmul { " + fields + " } }");
    return error.substr(error.find("layer \"m\": ") + 11);
  };
  EXPECT_EQ(error_of_product("[14, 56]", "[14, 56]", ""),
            "its inputs [14,56] (from layer \"a\") and [14,56] (from layer \"b\") do not fit: 56 columns by 14 rows");
  EXPECT_EQ(error_of_product("[14, 56]", "[56, 14]", "transpose_a: true"),
            "its inputs [14,56] (from layer \"a\") and [56,14] (from layer \"b\") do not fit: 14 columns by 56 rows, "
            "transposed");
  EXPECT_EQ(error_of_product("[784]", "[784]", ""),
            "its inputs are two vectors, [784] (from layer \"a\") and [784] (from layer \"b\"): reshape one of them to "
            "a matrix");
  EXPECT_EQ(error_of_product("[784]", "[784, 1]", "transpose_a: true"),
            "its first input [784] (from layer \"a\") is a vector");
  EXPECT_EQ(error_of_product("[1, 784]", "[784]", "transpose_b: true"),
            "its second input [784] (from layer \"b\") is a vector");
  EXPECT_EQ(error_of_product("[7, 8, 14]", "[4, 14, 14]", ""),
            "its inputs [7,8,14] (from layer \"a\") and [4,14,14] (from layer \"b\") differ in front of the matrices");
}

TEST(LowerModel, SizesAreBounded) {
  EXPECT_EQ(lower_error("layers { name: \"a\" dense { units: 1048576 } }", {.batch_size = 65536}),
            "m.textproto:2:20: layer \"a\": its output [65536,1048576] has more than 2147483648 elements");
  EXPECT_EQ(
      lower_error("layers { name: \"a\" dense { units: 1000000 } }\nlayers { name: \"b\" dense { units: 1000000 } }"),
      "m.textproto:3:20: layer \"b\": its weight [1000000,1000000] has more than 2147483648 elements");
  EXPECT_NE(lower_error("layers { name: \"a\" dense { units: 1000 } }", {.batch_size = 4, .max_bytes = 1 << 20})
                .find("the model needs at least"),
            std::string::npos);
  EXPECT_NE(lower_error("layers { name: \"a\" flatten {} }", {.batch_size = 0}).find("batch size is 0"),
            std::string::npos);
  EXPECT_EQ(error_of(lowered("inputs { name: \"x\" shape: [1048576, 1048576] }\nlayers { name: \"a\" flatten {} }\n" +
                             std::string(kTail))),
            "m.textproto:1:20: the input \"x\" [4,1048576,1048576] has more than 2147483648 elements");
}

TEST(LowerModel, NamesOfParametersAreUnique) {
  EXPECT_EQ(error_of(lowered("inputs { name: \"fc.weight\" shape: 3 }\nlayers { name: \"fc\" dense { units: 2 } }\n" +
                             std::string(kTail))),
            "m.textproto:2:21: layer \"fc\": its weight \"fc.weight\" has the name of an input");
  EXPECT_EQ(error_of(lowered("inputs { name: \"seed\" shape: 3 }\nlayers { name: \"fc\" flatten {} }\n" +
                             std::string(kTail))),
            "m.textproto:1:10: an input cannot be called \"seed\"");
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

// What lowered layers and losses compute, run by the interpreter on numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

std::string network(int inputs, const std::string& layer, const std::string& loss) {
  return "inputs { name: \"x\" shape: " + std::to_string(inputs) + " }\nlayers { name: \"y\" " + layer + " }\nloss { " +
         loss + " {} }\n";
}

// The same on an image.
std::string images(const std::string& shape, const std::string& layer) {
  return "inputs { name: \"x\" shape: " + shape + " }\nlayers { name: \"y\" " + layer + " }\nloss { l1 {} }\n";
}

// The layer applied to one example.
Values layer_of(const std::string& layer, const Values& x) {
  return run(network(static_cast<int>(x.size()), layer, "l1"), "infer", 1, {{"x", x}})["prediction"];
}

// Sum of the losses of one example.
double loss_of(const std::string& loss, const Values& x, const Values& target) {
  const std::string text = "inputs { name: \"x\" shape: " + std::to_string(x.size()) +
                           " }\nlayers { name: \"y\" flatten {} }\nloss { " + loss + " }\n";
  return run(text, "evaluate", 1, {{"x", x}, {"target", target}})["loss"].at(0);
}

TEST(LoweredValues, Activations) {
  const Values x = {-2, 0, 3};
  const auto act = [&](const std::string& rest) { return layer_of("activation { function: " + rest + " }", x); };
  expect_near(act("RELU"), {0, 0, 3});
  expect_near(act("LEAKY_RELU"), {-0.02, 0, 3});
  expect_near(act("LEAKY_RELU slope: 0.5"), {-1, 0, 3});
  expect_near(act("SIGMOID"), {0.1192029, 0.5, 0.9525741});
  expect_near(act("TANH"), {-0.9640276, 0, 0.9950548});
  expect_near(act("GELU"), {-0.0455003, 0, 2.9959502});
  expect_near(act("SILU"), {-0.2384058, 0, 2.8577224});
  expect_near(act("SOFTPLUS"), {0.1269280, 0.6931472, 3.0485874});
  expect_near(act("ELU"), {-0.8646647, 0, 3});
  expect_near(layer_of("activation { function: RELU6 }", {-2, 3, 7}), {0, 3, 6});
  expect_near(act("HARD_SIGMOID"), {1.0 / 6, 0.5, 1});
  expect_near(act("HARD_SWISH"), {-1.0 / 3, 0, 3});
  expect_near(act("MISH"), {-0.2525015, 0, 2.986535});
  expect_near(act("GELU_TANH"), {-0.04540231, 0, 2.996363});
}

// One head on two positions of two numbers, all products with the identity.
Values attention_of(const std::string& fields) {
  const Values identity = {1, 0, 0, 1};
  return run(images("[2, 2]", "attention { heads: 1 bias: false " + fields + " }"), "infer", 1,
             {{"x", Values{1, 0, 0, 2}},
              {"y.query.weight", identity},
              {"y.key.weight", identity},
              {"y.value.weight", identity},
              {"y.out.weight", identity}})["prediction"];
}

TEST(LoweredValues, Attention) {
  expect_near(attention_of(""), {0.6697615, 0.6604769, 0.05580722, 1.888386});
  expect_near(attention_of("causal: true"), {1, 0, 0.05580722, 1.888386});
  expect_near(attention_of("rotary: true"), {0.869566, 0.2608681, 0.01766327, 1.964673});
}

// Each position looks as far as it may, in shares that make 1.
TEST(LoweredValues, WeightsOfAttentionAreAResult) {
  const std::string model =
      "attention { heads: 1 bias: false causal: true } }\nlayers { name: \"z\" inputs: \"y.weights\" reshape { shape: 4 }";
  expect_near(run(images("[2, 2]", model), "infer", 1, {{"x", Values{1, 0, 0, 2}}})["prediction"], {1, 0, 0.5, 0.5});
}

// Heads of keys are shared by neighbouring heads of queries, and what lies behind a length is left out.
TEST(LoweredValues, AttentionOfGroupsAndLengths) {
  const auto values = [](const std::string& inputs, const std::string& fields, double length) {
    return run(
        "inputs { name: \"x\" shape: [3, 1] }\ninputs { name: \"n\" shape: 1 }\n"
        "layers { name: \"y\" inputs: [" +
            inputs + "] attention { heads: 4 width: 1 bias: false " + fields + " } }\n" +
            (fields.find("lengths") == std::string::npos ? "layers { name: \"z\" inputs: [\"y\", \"n\"] add {} }\n"
                                                         : "") +
            "loss { l1 {} }\n",
        "infer", 1,
        {{"x", Values{1, 2, 6}},
         {"n", Values{length}},
         {"y.query.weight", Values{0}},
         {"y.key.weight", Values{1}},
         {"y.value.weight", Values{1, 10}},
         {"y.out.weight", Values{1, 0, 0, 1}}})["prediction"];
  };
  expect_near(values("\"x\", \"n\"", "lengths: true key_value_heads: 2", 2), {16.5, 16.5, 16.5});
  expect_near(values("\"x\", \"n\"", "lengths: true key_value_heads: 2 causal: true", 2), {11, 16.5, 16.5});
  expect_near(values("\"x\", \"n\"", "lengths: true key_value_heads: 2", 0), {33, 33, 33});
}

TEST(LoweredValues, Positions) {
  const Arguments zeros = {{"x", Values{0}}, {"y.weight", Values{1, 2, 3, 4, 5, 6}}};
  const auto code = [&](const std::string& fields) {
    return run(images("[2, 3]", "position { " + fields + " }"), "infer", 1, zeros)["prediction"];
  };
  expect_near(code("base: 20"), {0, 1, 0, 0.841471, 0.5403023, 0.1353046});
  expect_near(code("code: LEARNED"), {1, 2, 3, 4, 5, 6});
}

TEST(LoweredValues, SlicesReductionsAndGates) {
  const auto of_matrix = [](const std::string& layer) {
    return run(images("[2, 4]", layer), "infer", 1,
               {{"x", Values{1, 2, 3, 4, 5, 6, 7, 8}}, {"y.slope", Values{2}}})["prediction"];
  };
  expect_near(of_matrix("slice { axis: 0 start: -1 }"), {5, 6, 7, 8});
  expect_near(of_matrix("slice { axis: -1 start: 1 limit: -1 }"), {2, 3, 6, 7});
  expect_near(of_matrix("slice { axis: 1 stride: 3 }"), {1, 4, 5, 8});
  expect_near(of_matrix("reduce { function: MEAN }"), {4.5});
  expect_near(of_matrix("reduce { function: SUM axes: 0 }"), {6, 8, 10, 12});
  expect_near(of_matrix("reduce { function: MAX axes: -1 }"), {4, 8});
  expect_near(of_matrix("reduce { function: MIN axes: 1 keep: true }"), {1, 5});
  expect_near(of_matrix("glu { gate: RELU }"), {3, 8, 35, 48});
  expect_near(of_matrix("glu { axis: 0 gate: NONE }"), {5, 12, 21, 32});
  expect_near(
      run(network(2, "prelu {}", "l1"), "infer", 1, {{"x", Values{-3, 3}}, {"y.slope", Values{2, 5}}})["prediction"],
      {-6, 3});
}

// Weights shared as they are and transposed: [2,3] and [3,2].
TEST(LoweredValues, SharedWeights) {
  const auto results = run(R"(inputs { name: "x" shape: 2 }
layers { name: "a" dense { units: 3 } }
layers { name: "b" share: "a" share_transposed: true dense { units: 2 } }
layers { name: "c" share: "a" dense { units: 3 } }
loss { l1 {} })",
                           "infer", 1,
                           {{"x", Values{1, 1}},
                            {"a.weight", Values{1, 2, 3, 4, 5, 6}},
                            {"a.bias", Values{-4, -7, -8}},
                            {"b.bias", Values{1, 2}}});
  // a = [1,0,1], b = [1+3, 4+6] + [1,2] = [5,12]
  expect_near(results.at("prediction"), {5 + 48 - 4, 10 + 60 - 7, 15 + 72 - 8});
}

TEST(LoweredValues, SoftmaxIsFiniteUnlessNaive) {
  expect_near(layer_of("softmax {}", {1000, 0, -1000}), {1, 0, 0});
  expect_near(layer_of("log_softmax {}", {1000, 0, -1000}), {0, -1000, -2000});
  EXPECT_TRUE(std::isnan(layer_of("softmax { form: NAIVE }", {1000, 0, -1000}).at(0)));
  expect_near(layer_of("softmax { form: NAIVE }", {0, 0}), {0.5, 0.5});
}

TEST(LoweredValues, LayerNorm) {
  const auto results = run(network(3, "layer_norm {}", "l1"), "infer", 1,
                           {{"x", Values{1, 2, 3}}, {"y.gain", Values{2}}, {"y.offset", Values{1}}});
  expect_near(results.at("prediction"), {1 - 2 * 1.2247357, 1, 1 + 2 * 1.2247357});
}

TEST(LoweredValues, RmsNorm) {
  const std::string text = network(3, "rms_norm { epsilon: 0.5 }", "l1");
  const auto results = run(text, "infer", 1, {{"x", Values{1, -2, 2.5}}, {"y.gain", Values{1, 2, 1}}});
  const double root = std::sqrt((1 + 4 + 6.25) / 3 + 0.5);
  expect_near(results.at("prediction"), {1 / root, -4 / root, 2.5 / root});
}

TEST(LoweredValues, GroupNormIsOfGroupsOfAnExample) {
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

TEST(LoweredValues, InstanceNormIsOfChannels) {
  const std::string text = images("[2, 1, 2]", "instance_norm { epsilon: 0.75 }");
  const double e = std::sqrt(1.0);  // variances 1/4 and 4
  const auto results = run(text, "infer", 1, {{"x", Values{1, 2, 5, 9}}, {"y.gain", Values{1}}});
  expect_near(results.at("prediction"), {-0.5 / e, 0.5 / e, -2 / std::sqrt(4.75), 2 / std::sqrt(4.75)});
}

TEST(LoweredValues, UpsampleRepeatsTheNearest) {
  const Arguments x = {{"x", Values{1, 2, 3, 4}}};
  expect_near(run(images("[1, 2, 2]", "upsample { factor: 2 }"), "infer", 1, x).at("prediction"),
              {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  expect_near(run(images("[1, 2, 2]", "upsample { factor: [1, 3] }"), "infer", 1, x).at("prediction"),
              {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4});
}

// The middles of two elements lie 2 apart, those of their copies 1: at -1/2, 1/2, 3/2 and 5/2.
TEST(LoweredValues, UpsampleInterpolatesBetweenMiddles) {
  const auto linear = [](const std::string& shape, const std::string& factor, const Values& x) {
    return run(images(shape, "upsample { factor: " + factor + " mode: LINEAR }"), "infer", 1, {{"x", x}})
        .at("prediction");
  };
  expect_near(linear("[1, 3]", "2", {1, 3, 7}), {1, 1.5, 2.5, 4, 6, 7});
  expect_near(linear("[1, 2]", "3", {0, 3}), {0, 0, 1, 2, 3, 3});
  expect_near(linear("[1, 1]", "2", {5}), {5, 5});
  expect_near(linear("[1, 2, 2]", "2", {0, 4, 8, 12}), {0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12});
  expect_near(linear("[1, 2, 1, 2]", "[2, 2, 1]", {0, 4, 8, 12}), {0, 4, 0, 4, 2, 6, 2, 6, 6, 10, 6, 10, 8, 12, 8, 12});
  expect_near(run(images("[1, 2, 1, 1]", "upsample { factor: 2 }"), "infer", 1, {{"x", Values{1, 2}}}).at("prediction"),
              {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2});
}

// y[o] = b + x[o - 1] + 2 x[o] + 3 x[o + 1]
TEST(LoweredValues, ConvolutionsOfSequencesAndVolumes) {
  const Arguments sequence = {{"x", Values{1, 2, 3, 4}}, {"y.weight", Values{1, 2, 3}}, {"y.bias", Values{10}}};
  const auto conv1d = [&](const std::string& fields) {
    return run(images("[1, 4]", "conv1d { filters: 1 kernel: 3 " + fields + " }"), "infer", 1, sequence)
        .at("prediction");
  };
  expect_near(conv1d("padding: SAME"), {18, 24, 30, 21});
  expect_near(conv1d("pad: [2, 0] stride: 2"), {13, 24});
  expect_near(conv1d("pad: 2 dilation: 2"), {1 * 2 + 3 * 3 + 10, 2 * 2 + 3 * 4 + 10, 1 + 2 * 3 + 10, 2 + 2 * 4 + 10});
  // Sums of 2x1x2 elements of [2,2,3], the second depth ten times.
  const Arguments volume = {{"x", Values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, {"y.weight", Values{1, 1, 10, 10}}};
  expect_near(run(images("[1, 2, 2, 3]", "conv3d { filters: 1 kernel: [2, 1, 2] bias: false }"), "infer", 1, volume)
                  .at("prediction"),
              {3 + 150, 5 + 170, 9 + 210, 11 + 230});
}

// Each element adds the filter, as far apart as the stride is: lengths as in torch.nn.ConvTranspose1d.
TEST(LoweredValues, TransposedConvolutions) {
  const Arguments arguments = {{"x", Values{1, 2}}, {"y.weight", Values{1, 2, 4}}, {"y.bias", Values{10}}};
  const auto transposed = [&](const std::string& fields) {
    return run(images("[1, 2]", "conv_transpose1d { filters: 1 kernel: 3 " + fields + " }"), "infer", 1, arguments)
        .at("prediction");
  };
  expect_near(transposed(""), {11, 14, 18, 18});
  expect_near(transposed("stride: 2"), {11, 12, 16, 14, 18});
  expect_near(transposed("stride: 2 pad: 1"), {12, 16, 14});
  expect_near(transposed("stride: 2 pad: 1 output_padding: 1"), {12, 16, 14, 18});
  expect_near(transposed("stride: 3 output_padding: 2"), {11, 12, 14, 12, 14, 18, 10, 10});
  expect_near(transposed("dilation: 2 output_padding: 1"), {11, 12, 12, 14, 14, 18, 10});
  // Two groups: w [C,filters/groups,K] has a filter for each channel.
  const Arguments grouped = {{"x", Values{1, 2, 3, 4}}, {"y.weight", Values{1, 2, 10, 20}}};
  expect_near(
      run(images("[2, 2]", "conv_transpose1d { filters: 2 kernel: 2 groups: 2 bias: false }"), "infer", 1, grouped)
          .at("prediction"),
      {1, 4, 4, 30, 100, 80});
}

TEST(LoweredValues, PoolsOfSequencesAndVolumes) {
  const Arguments x = {{"x", Values{1, 5, 2, 8, 3, 4, 7, 6}}};
  const auto pooled = [&](const std::string& shape, const std::string& layer) {
    return run(images(shape, layer), "infer", 1, x).at("prediction");
  };
  expect_near(pooled("[2, 4]", "max_pool { kernel: 3 stride: 1 }"), {5, 8, 7, 7});
  expect_near(pooled("[2, 4]", "avg_pool { kernel: 2 pad: [0, 1] }"), {3, 5, 3.5, 6.5});
  expect_near(pooled("[2, 4]", "global_max_pool {}"), {8, 7});
  expect_near(pooled("[1, 2, 2, 2]", "max_pool { kernel: [2, 1, 2] }"), {5, 8});
  expect_near(pooled("[1, 2, 2, 2]", "avg_pool { kernel: 2 }"), {4.5});
  expect_near(pooled("[1, 2, 2, 2]", "global_avg_pool {}"), {4.5});
}

// A column, a row, a number for each channel and one for each example, on an image [2,2,2].
TEST(LoweredValues, DenseGoesPositionByPosition) {
  const Arguments x = {{"x", {1, 2, 3, 4, 5, 6}}, {"y.weight", {1, 0, 2, 0, 1, -1}}, {"y.bias", {0, 0, 10}}};
  expect_near(run(images("[3, 2]", "dense { units: 3 per_position: true }"), "infer", 1, x).at("prediction"),
              {1, 2, 10, 3, 4, 12, 5, 6, 14});
}

TEST(LoweredValues, PermuteReordersTheDimensionsOfAnExample) {
  const Arguments x = {{"x", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}};
  expect_near(run(images("[2, 3]", "permute { order: [1, 0] }"), "infer", 2, x).at("prediction"),
              {1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12});
}

TEST(LoweredValues, MatmulMultipliesTheMatricesOfEachExample) {
  const auto product = [](const std::string& shape, const std::string& other, const std::string& fields,
                          const Arguments& given) {
    const std::string inputs =
        "inputs { name: \"x\" shape: " + shape + " }\ninputs { name: \"z\" shape: " + other + " }\n";
    return run(inputs + "layers { name: \"y\" inputs: [\"x\", \"z\"] matmul { " + fields + " } }\nloss { l1 {} }\n",
               "infer", 2, given)
        .at("prediction");
  };
  const Values x = {1, 2, 3, 4, 5, 6, 7, 8}, z = {1, 0, 0, 1, 2, 1, 0, 1};
  expect_near(product("[2, 2]", "[2, 2]", "", {{"x", x}, {"z", z}}), {1, 2, 3, 4, 10, 11, 14, 15});
  expect_near(product("[2, 2]", "[2, 2]", "transpose_a: true", {{"x", x}, {"z", z}}), {1, 3, 2, 4, 10, 12, 12, 14});
  expect_near(product("[2, 2]", "[2, 2]", "transpose_b: true scale: 2", {{"x", x}, {"z", z}}),
              {2, 4, 6, 8, 32, 12, 44, 16});
  expect_near(product("[2, 2]", "[2]", "", {{"x", x}, {"z", {1, 2, 0, 1}}}), {5, 11, 6, 8});
  expect_near(product("[2]", "[2, 2]", "", {{"x", {1, 2, 0, 1}}, {"z", x}}), {7, 10, 7, 8});
  expect_near(product("[2, 1, 2]", "[2, 1]", "", {{"x", x}, {"z", {1, 1, 0, 1}}}), {3, 7, 6, 8});
  expect_near(product("[1, 2]", "[2, 2, 1]", "", {{"x", {1, 1, 0, 1}}, {"z", x}}), {3, 7, 6, 8});
}

TEST(LoweredValues, SumsAndProductsRepeatWhatIsOne) {
  const auto with = [](const std::string& shape, const std::string& kind, const Values& other) {
    const std::string text = "inputs { name: \"x\" shape: [2, 2, 2] }\ninputs { name: \"o\" shape: " + shape +
                             " }\nlayers { name: \"y\" inputs: [\"o\", \"x\"] " + kind + " {} }\nloss { l1 {} }\n";
    return run(text, "infer", 1, {{"x", Values{1, 2, 3, 4, 5, 6, 7, 8}}, {"o", other}})["prediction"];
  };
  expect_near(with("[1, 2, 1]", "add", {10, 20}), {11, 12, 23, 24, 15, 16, 27, 28});
  expect_near(with("[1, 1, 2]", "add", {10, 20}), {11, 22, 13, 24, 15, 26, 17, 28});
  expect_near(with("[2, 1, 1]", "mul", {1, 10}), {1, 2, 3, 4, 50, 60, 70, 80});
  expect_near(with("[2]", "mul", {1, 10}), {1, 2, 3, 4, 50, 60, 70, 80});
  expect_near(with("[1]", "mul", {10}), {10, 20, 30, 40, 50, 60, 70, 80});
}

TEST(LoweredValues, AColumnAndARowMakeATable) {
  const std::string text =
      "inputs { name: \"a\" shape: [1, 2] }\ninputs { name: \"b\" shape: [2, 1] }\n"
      "layers { name: \"y\" inputs: [\"a\", \"b\"] mul {} }\nloss { l1 {} }\n";
  expect_near(run(text, "infer", 1, {{"a", Values{1, 2}}, {"b", Values{3, 5}}}).at("prediction"), {3, 6, 5, 10});
}

TEST(LoweredValues, SoftmaxCrossEntropy) {
  const std::string shifted = "softmax_cross_entropy {}", naive = "softmax_cross_entropy { form: NAIVE }";
  EXPECT_NEAR(loss_of(shifted, {1000, 0, -1000}, {1}), 1000, 1e-3);
  EXPECT_TRUE(std::isnan(loss_of(naive, {1000, 0, -1000}, {0})));
  EXPECT_TRUE(std::isinf(loss_of(naive, {1000, 0, -1000}, {1})));
  EXPECT_NEAR(loss_of(shifted, {1, 2, 3}, {2}), 0.4076060, 1e-6);
  EXPECT_NEAR(loss_of(naive, {1, 2, 3}, {2}), 0.4076060, 1e-6);
  EXPECT_NEAR(loss_of("softmax_cross_entropy { label_smoothing: 0.3 }", {1, 2, 3}, {2}),
              0.7 * 0.4076060 + 0.1 * (0.4076060 + 1.4076060 + 2.4076060), 1e-5);
}

TEST(LoweredValues, OtherLosses) {
  EXPECT_NEAR(loss_of("mean_squared_error {}", {1, 5}, {2, 2}), 5, 1e-6);
  EXPECT_NEAR(loss_of("l1 {}", {1, 5}, {2, 2}), 2, 1e-6);
  EXPECT_NEAR(loss_of("huber { delta: 2 }", {1, 5}, {2, 2}), (0.5 + 2 * 2) / 2, 1e-6);
  EXPECT_NEAR(loss_of("binary_cross_entropy_with_logits {}", {0, 100}, {1, 0}), (0.6931472 + 100) / 2, 1e-4);
}

TEST(LoweredValues, TrainingAveragesAndEvaluationSums) {
  const std::string text = network(2, "flatten {}", "softmax_cross_entropy");
  const Arguments arguments = {{"x", Values{0, 0, 9, 0, 0, 9}}, {"target", Values{0, 0, 0}}};
  const auto training = run(text, "loss", 3, arguments), evaluation = run(text, "evaluate", 3, arguments);
  EXPECT_NEAR(training.at("loss").at(0) * 3, evaluation.at("loss").at(0), 1e-5);
  expect_near(training.at("correct"), {2});
  expect_near(evaluation.at("correct"), {2});
}

TEST(LoweredValues, BatchNormKeepsRunningStatistics) {
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
TEST(LoweredValues, SharedBatchNormKeepsStatisticsOfAllItsInputs) {
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

TEST(LoweredValues, DropoutKeepsTheMeanAndIsOffInInference) {
  const std::string text = network(10000, "dropout { rate: 0.25 }", "l1");
  const Arguments arguments = {{"x", Values{1}}, {"seed", Values{1}}, {"step", Values{1}}};
  EXPECT_NEAR(run(text, "loss", 1, arguments).at("loss").at(0), 1, 0.03);
  expect_near(run(text, "infer", 1, arguments).at("prediction"), Values(10000, 1));
}

TEST(LoweredValues, AveragePoolCountsPadding) {
  const std::string text =
      "inputs { name: \"x\" shape: [1, 2, 2] }\nlayers { name: \"y\" avg_pool { kernel: 2 stride: 2 pad: 1 } "
      "}\n"
      "loss { l1 {} }\n";
  expect_near(run(text, "infer", 1, {{"x", Values{4, 8, 12, 16}}}).at("prediction"), {1, 2, 3, 4});
}

TEST(LoweredValues, InputsAreNormalizedPerChannel) {
  const std::string text =
      "inputs { name: \"x\" shape: [2, 1, 1] }\nlayers { name: \"y\" flatten {} }\nloss { l1 {} }\n"
      "data { npy { train_inputs: \"a\" train_targets: \"b\" validation_inputs: \"c\" validation_targets: "
      "\"d\" }\n"
      "  normalize { scale: 0.5 mean: [1, 2] deviation: [2, 4] } }\n";
  expect_near(run(text, "infer", 1, {{"x", Values{10, 20}}}).at("prediction"), {2, 2});
}

}  // namespace
}  // namespace minnow

// What lowered layers compute, run by the interpreter on numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

// The layer applied to one example.
Values layer_of(const std::string& layer, const Values& x) {
  return run(network(static_cast<int>(x.size()), layer, "l1"), "infer", 1, {{"x", x}})["prediction"];
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

// A column, a row, a number for each channel and one for each example, on an image [2,2,2].
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

TEST(LoweredValues, DropoutKeepsTheMeanAndIsOffInInference) {
  const std::string text = network(10000, "dropout { rate: 0.25 }", "l1");
  const Arguments arguments = {{"x", Values{1}}, {"seed", Values{1}}, {"step", Values{1}}};
  EXPECT_NEAR(run(text, "loss", 1, arguments).at("loss").at(0), 1, 0.03);
  expect_near(run(text, "infer", 1, arguments).at("prediction"), Values(10000, 1));
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

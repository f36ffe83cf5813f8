// A few nodes of each family against numbers worked out by hand; ONNX's own cases are many more (conformance_test.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr DType kF32 = DType::kF32;
constexpr DType kI32 = DType::kI32;

TEST(OnnxOperators, RoundTakesTheEvenNeighbour) {
  expect(
      answer({"op_type: 'Round' input: 'x' output: 'y'"}, {x4({-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999998, 8388609})}),
      {8}, {-2, -2, 0, 0, 2, 2, 2, 8388609});
}

TEST(OnnxOperators, InverseFunctionsReachTheirEnds) {
  const double half = std::acos(0.0);
  expect(answer({"op_type: 'Asin' input: 'x' output: 'y'"}, {x4({-1, 0, 0.5, 1})}), {4}, {-half, 0, half / 3, half});
  expect(answer({"op_type: 'Acos' input: 'x' output: 'y'"}, {x4({-1, 0, 0.5, 1})}), {4},
         {2 * half, half, 2 * half / 3, 0});
}

TEST(OnnxOperators, WholeNumbersDivideTowardsZeroAndTakeTheDivisorsSign) {
  const SmallInput a{"a", {kI32, {4}}, {7, -7, 7, -7}}, b{"b", {kI32, {4}}, {2, 2, -2, -2}};
  expect(answer({"op_type: 'Div' input: 'a' input: 'b' output: 'y'"}, {a, b}), {4}, {3, -3, -3, 3});
  expect(answer({"op_type: 'Mod' input: 'a' input: 'b' output: 'y'"}, {a, b}), {4}, {1, 1, -1, -1});
  expect(answer({"op_type: 'Mod' input: 'a' input: 'b' output: 'y' attribute { name: 'fmod' i: 1 type: INT }"}, {a, b}),
         {4}, {1, -1, 1, -1});
}

TEST(OnnxOperators, AnInfiniteDivisorLeavesAllThatIsDivided) {
  const double infinity = std::numeric_limits<double>::infinity();
  const SmallInput a{"a", {kF32, {4}}, {1.5, -1.5, 0, 7.5}}, b{"b", {kF32, {4}}, {infinity, infinity, -infinity, 2}};
  expect(answer({"op_type: 'Mod' input: 'a' input: 'b' output: 'y' attribute { name: 'fmod' i: 1 type: INT }"}, {a, b}),
         {4}, {1.5, -1.5, 0, 1.5});
}

TEST(OnnxOperators, BitsOfWholeNumbers) {
  const SmallInput a{"a", {kI32, {3}}, {12, -1, 5}}, b{"b", {kI32, {3}}, {10, 255, -2}};
  expect(answer({"op_type: 'BitwiseAnd' input: 'a' input: 'b' output: 'y'"}, {a, b}), {3}, {8, 255, 4});
  expect(answer({"op_type: 'BitwiseXor' input: 'a' input: 'b' output: 'y'"}, {a, b}), {3}, {6, -256, -5});
}

TEST(OnnxOperators, RoundedUpAWindowMayBeginInWhatIsSmaller) {
  const SmallInput x{"x", {kF32, {1, 1, 1}}, {3}};
  const std::string window =
      " input: 'x' output: 'y' attribute { name: 'kernel_shape' ints: 2 type: INTS }"
      " attribute { name: 'strides' ints: 2 type: INTS }";
  const std::string up = " attribute { name: 'ceil_mode' i: 1 type: INT }";
  expect(answer({"op_type: 'MaxPool'" + window + up}, {x}), {1, 1, 1}, {3});
  expect(answer({"op_type: 'AveragePool'" + window + up}, {x}), {1, 1, 1}, {3});
  EXPECT_THAT(answer({"op_type: 'MaxPool'" + window}, {x}).error, HasSubstr("its window of 2 does not fit 1"));
}

TEST(OnnxOperators, OperandsAreBroadcast) {
  const SmallInput a{"a", {kF32, {2, 1}}, {1, 2}}, b{"b", {kF32, {3}}, {10, 20, 30}};
  expect(answer({"op_type: 'Add' input: 'a' input: 'b' output: 'y'"}, {a, b}), {2, 3}, {11, 21, 31, 12, 22, 32});
}

TEST(OnnxOperators, ReductionsOverNothingAndOverWholeNumbers) {
  const SmallInput none{"x", {kF32, {2, 0}}, {}};
  expect(answer({"op_type: 'ReduceProd' input: 'x' output: 'y' attribute { name: 'axes' ints: 1 type: INTS }"}, {none},
                13),
         {2, 1}, {1, 1});
  const SmallInput whole{"x", {kI32, {3}}, {-2147483648.0, 5, 7}};
  expect(answer({"op_type: 'ReduceMin' input: 'x' output: 'y'"}, {whole}), {1}, {-2147483648.0});
}

TEST(OnnxOperators, ProductsAndEquations) {
  const SmallInput a{"a", {kF32, {2, 2}}, {1, 2, 3, 4}}, b{"b", {kF32, {2, 2}}, {5, 6, 7, 8}};
  expect(
      answer({"op_type: 'Gemm' input: 'a' input: 'b' output: 'y' attribute { name: 'transB' i: 1 type: INT }"}, {a, b}),
      {2, 2}, {17, 23, 39, 53});
  expect(
      answer(
          {"op_type: 'Einsum' input: 'a' input: 'b' output: 'y' attribute { name: 'equation' s: 'ij,kj->ki' type: STRING }"},
          {a, b}),
      {2, 2}, {17, 39, 23, 53});
  expect(answer({"op_type: 'Einsum' input: 'a' output: 'y' attribute { name: 'equation' s: 'ii' type: STRING }"}, {a}),
         {}, {5});
  expect(answer({"op_type: 'Det' input: 'a' output: 'y'"}, {a}), {}, {-2});
}

TEST(OnnxOperators, ConvolutionsPadToTheSameSize) {
  const SmallInput x{"x", {kF32, {1, 1, 4}}, {1, 2, 3, 4}}, w{"w", {kF32, {1, 1, 2}}, {1, 10}};
  const std::string same = " attribute { name: 'auto_pad' s: 'SAME_UPPER' type: STRING }";
  expect(answer({"op_type: 'Conv' input: 'x' input: 'w' output: 'y'" + same}, {x, w}), {1, 1, 4}, {21, 32, 43, 4});
  expect(
      answer(
          {"op_type: 'ConvTranspose' input: 'x' input: 'w' output: 'y' attribute { name: 'strides' ints: 2 type: INTS }"},
          {x, w}),
      {1, 1, 8}, {1, 10, 2, 20, 3, 30, 4, 40});
}

TEST(OnnxOperators, PoolsRoundUpAndCountWhatIsThere) {
  const SmallInput x{"x", {kF32, {1, 1, 4}}, {4, 2, 3, 1}};
  const std::string form =
      " attribute { name: 'kernel_shape' ints: 3 type: INTS } attribute { name: 'strides' ints: 2 type: INTS }"
      " attribute { name: 'ceil_mode' i: 1 type: INT }";
  expect(answer({"op_type: 'MaxPool' input: 'x' output: 'y'" + form}, {x}), {1, 1, 2}, {4, 3});
  expect(answer({"op_type: 'AveragePool' input: 'x' output: 'y'" + form}, {x}), {1, 1, 2}, {3, 2});
  expect(answer({"op_type: 'MaxPool' input: 'x' output: 'v' output: 'y'" + form}, {x}), {1, 1, 2}, {0, 2});
}

TEST(OnnxOperators, SoftmaxOfOldVersionsGoesOverAllThatFollows) {
  const SmallInput x{"x", {kF32, {1, 2, 2}}, {0, 0, 0, 0}};
  expect(answer({"op_type: 'Softmax' input: 'x' output: 'y'"}, {x}, 11), {1, 2, 2}, {0.25, 0.25, 0.25, 0.25});
  expect(answer({"op_type: 'Softmax' input: 'x' output: 'y'"}, {x}, 13), {1, 2, 2}, {0.5, 0.5, 0.5, 0.5});
}

TEST(OnnxOperators, NormalisationsLeaveMeanZeroAndDeviationOne) {
  const SmallInput x{"x", {kF32, {1, 2}}, {1, 3}}, one{"w", {kF32, {2}}, {1, 1}};
  expect(
      answer(
          {"op_type: 'LayerNormalization' input: 'x' input: 'w' output: 'y' attribute { name: 'epsilon' f: 0 type: FLOAT }"},
          {x, one}),
      {1, 2}, {-1, 1});
}

TEST(OnnxOperators, TargetsThatAreIgnoredDoNotCount) {
  const SmallInput x{"x", {kF32, {2, 2}}, {-1, -2, -3, -4}}, t{"t", {kI32, {2}}, {1, -1}};
  expect(
      answer(
          {"op_type: 'NegativeLogLikelihoodLoss' input: 'x' input: 't' output: 'y' attribute { name: 'ignore_index' i: -1 type: INT }"},
          {x, t}),
      {}, {2});
}

TEST(OnnxOperators, RecurrentCellsGoBothWays) {
  const SmallInput x{"x", {kF32, {2, 1, 1}}, {1, 2}}, w{"w", {kF32, {2, 1, 1}}, {1, 1}},
      r{"r", {kF32, {2, 1, 1}}, {1, 1}};
  const std::string node =
      "op_type: 'RNN' input: 'x' input: 'w' input: 'r' output: 'y' attribute { name: 'direction' s: 'bidirectional' type: STRING }"
      " attribute { name: 'activations' strings: 'Relu' strings: 'Relu' type: STRINGS }";
  expect(answer({node}, {x, w, r}), {2, 2, 1, 1}, {1, 3, 3, 2});
}

TEST(OnnxOperators, AttentionLooksBackOnly) {
  const SmallInput q{"q", {kF32, {1, 1, 2, 1}}, {0, 0}}, v{"v", {kF32, {1, 1, 2, 1}}, {2, 4}};
  expect(
      answer(
          {"op_type: 'Attention' input: 'q' input: 'q' input: 'v' output: 'y' attribute { name: 'is_causal' i: 1 type: INT }"},
          {q, v}, 23),
      {1, 1, 2, 1}, {2, 3});
}

TEST(OnnxOperators, QuantisedNumbersSaturate) {
  const SmallInput scale{"s", {kF32, {}}, {2}};
  expect(answer({"op_type: 'QuantizeLinear' input: 'x' input: 's' output: 'y'"}, {x4({0, 3, 1000, -254}), scale}), {4},
         {0, 2, 255, 0});
}

TEST(OnnxOperators, SequencesAreWrittenOut) {
  expect(answer({"op_type: 'SplitToSequence' input: 'x' output: 's'", "op_type: 'SequenceErase' input: 's' output: 't'",
                 "op_type: 'ConcatFromSequence' input: 't' output: 'y' attribute { name: 'axis' i: 0 type: INT }"},
                {x4({1, 2, 3})}),
         {2}, {1, 2});
}

TEST(OnnxOperators, ShapesAreWorkedOut) {
  expect(answer({"op_type: 'Shape' input: 'x' output: 's'", "op_type: 'ConstantOfShape' input: 's' output: 'c'",
                 "op_type: 'Add' input: 'x' input: 'c' output: 'y'"},
                {x4({1, 2, 3})}),
         {3}, {1, 2, 3});
}

// As PyTorch's exporter writes expand(-1, 3): sizes that are -1 are those of the input.
TEST(OnnxOperators, ShapesAreChosen) {
  expect(
      answer(
          {"op_type: 'Shape' input: 'n' output: 's'",
           "op_type: 'ConstantOfShape' input: 's' output: 'ones' attribute { name: 'value' type: TENSOR t { data_type: 7 dims: 1 int64_data: 1 } }",
           "op_type: 'Neg' input: 'ones' output: 'minus'", "op_type: 'Mul' input: 'ones' input: 'minus' output: 'open'",
           "op_type: 'Equal' input: 'n' input: 'open' output: 'is_open'",
           "op_type: 'Where' input: 'is_open' input: 'ones' input: 'n' output: 'to'",
           "op_type: 'Expand' input: 'x' input: 'to' output: 'y'"},
          {x4({1, 2}), SmallInput{"n", {kI32, {2}}, {3, -1}}}),
      {3, 2}, {1, 2, 1, 2, 1, 2});
}

TEST(OnnxOperators, ElementsThatDifferInTheLastOf64BitsAreNotTheSame) {
  const auto count = [](const std::string& tensor) {
    return answer({"op_type: 'Constant' output: 'c' attribute { name: 'value' type: TENSOR t { " + tensor + " } }",
                   "op_type: 'Unique' input: 'c' output: 'u'", "op_type: 'Size' input: 'u' output: 'y'"},
                  {});
  };
  expect(count("data_type: 7 dims: 3 int64_data: [9007199254740993, 9007199254740992, 9007199254740993]"), {}, {2});
  EXPECT_THAT(count("data_type: 1 dims: 3 float_data: [nan, 1, 2]").error, HasSubstr("is not supported"));
}

// Of functions with one name, the one that is called says which inputs must be known.
TEST(OnnxOperators, FunctionsAreToldApartByOverload) {
  const std::vector<SmallInput> inputs = {x4({1, 2}), {"n", {kI32, {2}}, {2, 1}}};
  onnx::ModelProto model =
      small_model({"op_type: 'f' domain: 'd' overload: 'by size' input: 'x' input: 'n' output: 'y'"}, inputs);
  for (const std::string overload : {"", "by size"}) {
    onnx::FunctionProto& function = *model.add_functions();
    function.set_name("f");
    function.set_domain("d");
    function.set_overload(overload);
    for (const char* input : {"a", "b"}) function.add_input(input);
    function.add_output("c");
    onnx::NodeProto& node = *function.add_node();
    node.set_op_type(overload.empty() ? "Identity" : "Reshape");
    node.add_input("a");
    if (!overload.empty()) node.add_input("b");
    node.add_output("c");
    function.add_opset_import()->set_version(22);
  }
  const auto result = run_model(model, inputs);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->type().shape, Shape({2, 1}));
}

TEST(OnnxOperators, WhatIsNotSupportedIsNamed) {
  EXPECT_THAT(answer({"name: 'fuzzy' op_type: 'Fuzzy' input: 'x' output: 'y'"}, {x4({1})}).error,
              HasSubstr("node \"fuzzy\" (Fuzzy of version 22): the operator Fuzzy is not supported"));
  EXPECT_THAT(answer(
                  {
                      "op_type: 'Reshape' input: 'x' input: 'n' output: 'y'",
                  },
                  {x4({1})})
                  .error,
              HasSubstr("nothing before it defines"));
}

// How long parts are, an input says; keepdims counts without one only.
TEST(OnnxOperators, SplitToSequenceDropsTheDimensionOfSinglePartsAlone) {
  const std::string keeps = "attribute { name: 'keepdims' type: INT i: 0 } ";
  const std::string first = "op_type: 'SequenceAt' input: 's' input: 'zero' output: 'y'";
  const std::string known =
      "initializer { name: 'zero' data_type: 7 int64_data: 0 } initializer { name: 'two' data_type: 7 int64_data: 2 }";
  const auto shape = [&](const std::string& inputs) {
    return answer({"op_type: 'SplitToSequence' " + inputs + " output: 's' " + keeps, first}, {x4({1, 2, 3, 4})}, 22,
                  known)
        .shape;
  };
  EXPECT_EQ(shape("input: 'x'"), Shape{});
  EXPECT_EQ(shape("input: 'x' input: 'two'"), Shape{2});
}

TEST(OnnxOperators, ACoupledForgetGateIsOneLessTheInputGate) {
  const SmallInput x{"x", {kF32, {1, 1, 1}}, {1}}, w{"w", {kF32, {1, 4, 1}}, {0.3, 0.5, -2, 0.7}};
  const SmallInput r{"r", {kF32, {1, 4, 1}}, {0, 0, 0, 0}}, b{"b", {kF32, {1, 8}}, std::vector<double>(8)};
  const SmallInput h{"h", {kF32, {1, 1, 1}}, {0}}, c{"c", {kF32, {1, 1, 1}}, {2}};
  const auto sigmoid = [](double value) { return 1 / (1 + std::exp(-value)); };
  const double i = sigmoid(0.3), cell = (1 - i) * 2 + i * std::tanh(0.7);
  expect(
      answer(
          {"op_type: 'LSTM' input: 'x' input: 'w' input: 'r' input: 'b' input: '' input: 'h' input: 'c' output: 'all' output: 'y'"
           " attribute { name: 'hidden_size' i: 1 type: INT } attribute { name: 'input_forget' i: 1 type: INT }"},
          {x, w, r, b, h, c}),
      {1, 1, 1}, {sigmoid(0.5) * std::tanh(cell)});
}

// What has four dimensions says how many heads it has, whatever the attribute adds.
TEST(OnnxOperators, RotaryEmbeddingOfHeadsMaySayHowMany) {
  const SmallInput x{"x", {kF32, {1, 2, 1, 2}}, {1, 2, 3, 4}};
  const SmallInput cosine{"c", {kF32, {1, 1, 1}}, {0.6}}, sine{"s", {kF32, {1, 1, 1}}, {0.8}};
  expect(answer({"op_type: 'RotaryEmbedding' input: 'x' input: 'c' input: 's' output: 'y'"
                 " attribute { name: 'num_heads' i: 2 type: INT }"},
                {x, cosine, sine}, 23),
         {1, 2, 1, 2}, {0.6 - 1.6, 0.8 + 1.2, 1.8 - 3.2, 2.4 + 2.4});
}

}  // namespace
}  // namespace minnow::onnx_tests

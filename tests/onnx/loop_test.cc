// Loop and Scan: one loop of the IR where iterations differ in numbers alone, written out elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ir/verify.h"
#include "passes/gradient/autodiff.h"
#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr DType kF32 = DType::kF32;

// h' = (h + x_t) / 2, and of each iteration h' * 10.
const std::string kMeanBody =
    "attribute { name: 'body' type: GRAPH g { name: 'b' input { name: 'h' } input { name: 'xt' } output { name: 'h2' } "
    "output { name: 'o' } initializer { name: 'two' data_type: 1 float_data: 2 } "
    "initializer { name: 'ten' data_type: 1 float_data: 10 } "
    "node { op_type: 'Add' input: 'h' input: 'xt' output: 's' } node { op_type: 'Div' input: 's' input: 'two' output: "
    "'h2' } node { op_type: 'Mul' input: 'h2' input: 'ten' output: 'o' } } } ";

std::string scan(const std::string& outputs, const std::string& more = "") {
  return "op_type: 'Scan' input: 'h0' input: 'x' " + outputs +
         " attribute { name: 'num_scan_inputs' type: INT i: 1 } " + kMeanBody + more;
}

std::string ints(const std::string& name, int64_t value) {
  return fmt::format("attribute {{ name: '{}' type: INTS ints: {} }} ", name, value);
}

const std::vector<SmallInput> kThree = {{"h0", {kF32, {1}}, {0}}, {"x", {kF32, {3, 1}}, {2, 4, 8}}};

std::string loop(const std::string& body_inputs, const std::string& body, const std::string& node) {
  return "op_type: 'Loop' " + node +
         " attribute { name: 'body' type: GRAPH g { name: 'b' input { name: 'i' } input { name: 'c' } " + body_inputs +
         " output { name: 'c2' } node { op_type: 'Identity' input: 'c' output: 'c2' } " + body + " } }";
}

// A graph's function, imported as it is.
std::unique_ptr<Function> imported(const std::vector<std::string>& nodes, const std::vector<SmallInput>& inputs,
                                   const std::string& more = "") {
  const auto file = OnnxFile::parse(small_model(nodes, inputs, 22, more).SerializeAsString(), "small.onnx");
  auto function = std::make_unique<Function>("infer");
  std::map<std::string, Value*> values;
  for (const SmallInput& input : inputs) values[input.name] = function->add_parameter(input.name, input.type);
  const auto graph = import_graph(**file, {"y"}, values, {}, *function);
  EXPECT_TRUE(graph) << graph.error().to_string();
  if (graph) function->add_result("y", graph->outputs[0]);
  EXPECT_TRUE(verify(*function));
  return function;
}

int64_t loops_in(const Function& function) {
  int64_t count = 0;
  for (const auto& op : function.ops()) count += op->kind == OpKind::kLoop ? 1 : 0;
  return count;
}

TEST(OnnxLoop, AScanIsOneLoopHoweverLong) {
  const std::vector<SmallInput> inputs = {{"h0", {kF32, {2}}, {0, 0}}, {"x", {kF32, {1000, 2}}, {}}};
  const auto function = imported({scan("output: 'hl' output: 'y'")}, inputs);
  EXPECT_EQ(loops_in(*function), 1);
  EXPECT_LT(function->ops().size(), 4U);
}

TEST(OnnxLoop, WhatAScanCarriesAndPutsTogether) {
  EXPECT_THAT(answer({scan("output: 'y' output: 'o'")}, kThree).values, ElementsAre(5.25));
  const Answer stacked = answer({scan("output: 'hl' output: 'y'")}, kThree);
  EXPECT_EQ(stacked.shape, Shape({3, 1}));
  EXPECT_THAT(stacked.values, ElementsAre(10, 25, 52.5));
}

TEST(OnnxLoop, EachPartOfAScanHasADirectionAndAnAxisOfItsOwn) {
  const std::string in = ints("scan_input_directions", 1), out = ints("scan_output_directions", 1);
  // Parts 8, 4, 2: the state is 4, 4, 3.
  EXPECT_THAT(answer({scan("output: 'hl' output: 'y'", in)}, kThree).values, ElementsAre(40, 40, 30));
  EXPECT_THAT(answer({scan("output: 'hl' output: 'y'", in + out)}, kThree).values, ElementsAre(30, 40, 40));
  EXPECT_THAT(answer({scan("output: 'hl' output: 'y'", out)}, kThree).values, ElementsAre(52.5, 25, 10));
  const std::vector<SmallInput> wide = {{"h0", {kF32, {2}}, {0, 0}}, {"x", {kF32, {2, 3}}, {2, 4, 8, 0, 4, 0}}};
  const Answer last =
      answer({scan("output: 'hl' output: 'y'", ints("scan_input_axes", 1) + ints("scan_output_axes", -1))}, wide);
  EXPECT_EQ(last.shape, Shape({2, 3}));
  EXPECT_THAT(last.values, ElementsAre(10, 25, 52.5, 0, 20, 10));
}

const std::string kFour = "initializer { name: 'M' data_type: 7 int64_data: 4 } ";

TEST(OnnxLoop, WhatALoopLooksUpByItsIterationIsSplit) {
  const std::string body =
      "input { name: 'h' } node { op_type: 'Gather' input: 'x' input: 'i' output: 'xt' } node { op_type: 'Add' input: "
      "'h' input: 'xt' output: 'h2' } node { op_type: 'Mul' input: 'h2' input: 'w' output: 'o' } output { name: 'h2' } "
      "output { name: 'o' }";
  const std::vector<std::string> nodes = {loop("", body, "input: 'M' input: '' input: 'h0' output: 'hl' output: 'y'")};
  const std::string weights = kFour + "initializer { name: 'w' data_type: 1 dims: 2 float_data: 1 float_data: 10 }";
  const std::vector<SmallInput> inputs = {{"h0", {kF32, {2}}, {1, 1}}, {"x", {kF32, {4, 2}}, {1, 2, 3, 4, 5, 6, 7, 8}}};
  EXPECT_THAT(answer(nodes, inputs, 22, weights).values, ElementsAre(2, 30, 5, 70, 10, 130, 17, 210));
  const auto function = imported(nodes, inputs, weights);
  ASSERT_EQ(loops_in(*function), 1);
  const auto is_loop = [](const auto& op) { return op->kind == OpKind::kLoop; };
  const auto found = std::ranges::find_if(function->ops(), is_loop);
  for (const auto& op : (*found)->body->ops()) EXPECT_NE(op->kind, OpKind::kGather);
}

TEST(OnnxLoop, ShapesThatGrowAreWrittenOut) {
  const std::string body =
      "input { name: 'h' } node { op_type: 'Concat' input: 'h' input: 'x' output: 'h2' attribute { name: 'axis' type: "
      "INT i: 0 } } output { name: 'h2' }";
  const std::vector<std::string> nodes = {loop("", body, "input: 'M' input: '' input: 'x' output: 'y'")};
  const std::vector<SmallInput> inputs = {{"x", {kF32, {1}}, {3}}};
  EXPECT_THAT(answer(nodes, inputs, 22, kFour).values, ElementsAre(3, 3, 3, 3, 3));
  EXPECT_EQ(loops_in(*imported(nodes, inputs, kFour)), 0);
}

// What was made of a constant for the loop that is not one is made anew.
TEST(OnnxLoop, ALoopInALoopThatIsWrittenOutStartsFromAConstant) {
  const std::string five =
      "op_type: 'Constant' output: 'k' attribute { name: 'value' type: TENSOR t { data_type: 1 dims: 1 float_data: 5 } }";
  const std::string inner =
      loop("input { name: 'h' }",
           "node { op_type: 'Concat' input: 'h' input: 'xt' output: 'h2' attribute { name: 'axis' type: INT i: 0 } } "
           "output { name: 'h2' }",
           "input: 'M' input: '' input: 'k' output: 'o'");
  const std::string outer =
      "op_type: 'Scan' input: 'x' output: 'y' attribute { name: 'num_scan_inputs' type: INT i: 1 } attribute { name: "
      "'body' type: GRAPH g { name: 'o' input { name: 'xt' } node { " +
      inner + " } output { name: 'o' } } }";
  const std::vector<SmallInput> inputs = {{"x", {kF32, {2, 1}}, {1, 2}}};
  const Answer all = answer({five, outer}, inputs, 22, kFour);
  EXPECT_EQ(all.shape, Shape({2, 5})) << all.error;
  EXPECT_THAT(all.values, ElementsAre(5, 1, 1, 1, 1, 5, 2, 2, 2, 2));
  EXPECT_EQ(loops_in(*imported({five, outer}, inputs, kFour)), 1);
}

// The iteration decides about a shape, so it has to be known.
TEST(OnnxLoop, WhatMustBeKnownIsWrittenOut) {
  const std::string body =
      "input { name: 'h' } node { op_type: 'Slice' input: 'x' input: 'i1' input: 'end' output: 's' } node { op_type: "
      "'Unsqueeze' input: 'i' input: 'zero' output: 'i1' } node { op_type: 'ReduceSum' input: 's' output: 'r' "
      "attribute { name: 'keepdims' type: INT i: 0 } } node { op_type: 'Add' input: 'h' input: 'r' output: 'h2' } "
      "output { name: 'h2' }";
  const std::string in_order =
      "input { name: 'h' } node { op_type: 'Unsqueeze' input: 'i' input: 'zero' output: 'i1' } node { op_type: 'Slice' "
      "input: 'x' input: 'i1' input: 'end' output: 's' } node { op_type: 'ReduceSum' input: 's' output: 'r' attribute { "
      "name: 'keepdims' type: INT i: 0 } } node { op_type: 'Add' input: 'h' input: 'r' output: 'h2' } output { name: "
      "'h2' }";
  const std::string known = kFour +
                            "initializer { name: 'end' data_type: 7 dims: 1 int64_data: 4 } initializer { name: 'zero' "
                            "data_type: 7 dims: 1 int64_data: 0 }";
  const std::vector<SmallInput> inputs = {{"h0", {kF32, {}}, {0}}, {"x", {kF32, {4}}, {1, 2, 3, 4}}};
  const std::string node = "input: 'M' input: '' input: 'h0' output: 'y'";
  EXPECT_THAT(answer({loop("", in_order, node)}, inputs, 22, known).values, ElementsAre(10 + 9 + 7 + 4));
  EXPECT_THAT(answer({loop("", body, node)}, inputs, 22, known).error, HasSubstr("nothing before it defines"));
}

// 2^4 is worked out, since Reshape must know it.
TEST(OnnxLoop, ConstantsThatDecideAboutShapesAreWorkedOut) {
  const std::string body =
      "input { name: 'k' } node { op_type: 'Add' input: 'k' input: 'k' output: 'k2' } output { name: 'k2' }";
  const std::string known = kFour + "initializer { name: 'k0' data_type: 7 dims: 1 int64_data: 1 }";
  const std::vector<SmallInput> inputs = {{"x", {kF32, {2, 8}}, std::vector<double>(16, 1)}};
  const Answer flat = answer({loop("", body, "input: 'M' input: '' input: 'k0' output: 'k'"),
                              "op_type: 'Reshape' input: 'x' input: 'k' output: 'y'"},
                             inputs, 22, known);
  EXPECT_EQ(flat.shape, Shape({16})) << flat.error;
}

TEST(OnnxLoop, ALoopThatStopsByItselfIsAsked) {
  const std::string body =
      "input { name: 'h' } output { name: 'c3' } node { op_type: 'Identity' input: 'no' output: 'c3' } node { op_type: "
      "'Add' input: 'h' input: 'x' output: 'h2' } output { name: 'h2' }";
  const std::string node =
      "op_type: 'Loop' input: 'M' input: '' input: 'x' output: 'y' attribute { name: 'body' type: GRAPH g { name: 'b' "
      "input { name: 'i' } input { name: 'c' } " +
      body + " } }";
  const std::string known = kFour + "initializer { name: 'no' data_type: 9 int32_data: 0 }";
  EXPECT_THAT(answer({node}, {{"x", {kF32, {1}}, {3}}}, 22, known).values, ElementsAre(6));
}

TEST(OnnxLoop, LoopsInLoopsSeeWhatLiesAroundThem) {
  const std::string inner = loop(
      "",
      "input { name: 'v' } node { op_type: 'Mul' input: 'v' input: 'w' output: 'v1' } node { op_type: 'Add' input: "
      "'v1' input: 's' output: 'v2' } output { name: 'v2' }",
      "input: 'M' input: '' input: 's' output: 's2'");
  const std::string outer =
      "op_type: 'Scan' input: 'h0' input: 'x' output: 'hl' output: 'y' attribute { name: 'num_scan_inputs' type: INT i: "
      "1 } attribute { name: 'body' type: GRAPH g { name: 'o' input { name: 'h' } input { name: 'xt' } node { op_type: "
      "'Add' input: 'h' input: 'xt' output: 's' } node { " +
      inner +
      " } node { op_type: 'Identity' input: 's2' output: 'o1' } output { name: 's2' } output { name: 'o1' } } }";
  const std::string weights = kFour + "initializer { name: 'w' data_type: 1 dims: 1 float_data: 0.5 }";
  // s (1 + 1/2 + 1/4 + 1/8 + 1/16): 16 gives 31, 31 + 1 gives 62.
  EXPECT_THAT(answer({outer}, {{"h0", {kF32, {1}}, {0}}, {"x", {kF32, {2, 1}}, {16, 1}}}, 22, weights).values,
              ElementsAre(31, 62));
}

// d/dx of the last state of h' = (h + x_t) / 2 is 1/8, 1/4, 1/2.
TEST(OnnxLoop, GradientsGoThroughIt) {
  const std::string sum = "op_type: 'ReduceSum' input: 'hl' output: 'y' attribute { name: 'keepdims' type: INT i: 0 }";
  const auto function = imported({scan("output: 'hl' output: 'o'"), sum}, kThree);
  std::vector<Value*> gradients;
  Value* loss = function->results()[0].value;
  ASSERT_TRUE(differentiate(*function, loss, {function->find_parameter("x")}, gradients));
  function->results()[0].value = gradients[0];
  EXPECT_THAT(results_of(*function, kThree), ElementsAre(0.125, 0.25, 0.5));
}

}  // namespace
}  // namespace minnow::onnx_tests

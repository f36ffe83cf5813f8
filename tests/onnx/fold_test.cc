// What is worked out when a file is read is what the operators compute.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// "op_type: 'Constant' ...", the input as a node that gives it.
std::string constant_node(const SmallInput& input) {
  const bool is_float = input.type.dtype == DType::kF32;
  std::string text =
      fmt::format("op_type: 'Constant' output: '{}' attribute {{ name: 'value' type: TENSOR t {{", input.name);
  text += fmt::format(" data_type: {}", is_float ? 1 : input.type.dtype == DType::kPred ? 9 : 7);
  for (const int64_t dim : input.type.shape) text += fmt::format(" dims: {}", dim);
  const char* field = is_float ? "float_data" : input.type.dtype == DType::kPred ? "int32_data" : "int64_data";
  for (const double value : input.values) text += fmt::format(" {}: {}", field, value);
  return text + " } }";
}

// Of a node whose inputs are all there when the file is read.
Answer folded(const std::string& node, const std::vector<SmallInput>& inputs, const std::string& more = "") {
  std::vector<std::string> nodes;
  for (const SmallInput& input : inputs) nodes.push_back(constant_node(input));
  nodes.push_back(node);
  return answer(nodes, {}, 18, more);
}

MATCHER(IsSame, "") {
  const auto [a, b] = arg;
  return (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= 1e-6 * std::abs(b);
}

void expect_as_computed(const std::string& node, const std::vector<SmallInput>& inputs) {
  SCOPED_TRACE(node);
  const Answer known = folded(node, inputs), computed = answer({node}, inputs, 18);
  EXPECT_EQ(known.error, "");
  EXPECT_EQ(computed.error, "");
  EXPECT_EQ(known.shape, computed.shape);
  EXPECT_THAT(known.values, testing::Pointwise(IsSame(), computed.values));
}

SmallInput floats(std::string name, Shape shape) {
  std::vector<double> values = {-kInfinity, -2.5, -1.5, -1, -0.0, 0.5, 1.5, 2.5, 100, kInfinity, kNan};
  return {std::move(name), {DType::kF32, std::move(shape)}, std::move(values)};
}
const Shape kColumn = {11, 1}, kRow = {11};

SmallInput wholes(std::string name, Shape shape, std::vector<double> values) {
  return {std::move(name), {DType::kI32, std::move(shape)}, std::move(values)};
}
const std::vector<double> kWhole = {-7, -2, -1, 0, 1, 3, 100};

TEST(OnnxFold, OneOperand) {
  for (const std::string op :
       {"Abs", "Neg", "Ceil", "Floor", "Sqrt", "Reciprocal", "Exp", "Log", "Sign", "Relu", "Round"})
    expect_as_computed("op_type: '" + op + "' input: 'x' output: 'y'", {floats("x", kRow)});
  for (const std::string op : {"Abs", "Neg", "Sign"})
    expect_as_computed("op_type: '" + op + "' input: 'x' output: 'y'", {wholes("x", {7}, kWhole)});
}

TEST(OnnxFold, TwoOperands) {
  for (const std::string op :
       {"Add", "Sub", "Mul", "Div", "Max", "Min", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"}) {
    const std::string node = "op_type: '" + op + "' input: 'a' input: 'b' output: 'y'";
    expect_as_computed(node, {floats("a", kColumn), floats("b", kRow)});
    const std::vector<double> divisors = {-3, -1, 1, 2, 7};
    expect_as_computed(node, {wholes("a", {7, 1}, kWhole), wholes("b", {5}, divisors)});
  }
  const SmallInput a = wholes("a", {7, 1}, kWhole), b = wholes("b", {4}, {0, 1, 2, 3});
  expect_as_computed("op_type: 'Pow' input: 'a' input: 'b' output: 'y'", {a, b});
  expect_as_computed("op_type: 'Pow' input: 'a' input: 'b' output: 'y'", {a, {"b", {DType::kF32, {3}}, {0, 1, 2}}});
}

TEST(OnnxFold, Reductions) {
  for (const std::string op : {"ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin"}) {
    const std::string node = "op_type: '" + op + "' input: 'x' output: 'y'";
    expect_as_computed(node, {floats("x", kRow)});
    expect_as_computed(node, {{"x", {DType::kF32, {4}}, {1, -2.5, 3, 7}}});
    expect_as_computed(node, {wholes("x", {7}, kWhole)});
  }
  for (const std::string op : {"ArgMax", "ArgMin"}) {
    const std::string node = "op_type: '" + op + "' input: 'x' output: 'y'";
    expect_as_computed(node, {floats("x", kRow)});
    expect_as_computed(node, {wholes("x", {7}, kWhole)});
  }
}

TEST(OnnxFold, Casts) {
  const auto cast = [](int to) {
    return fmt::format("op_type: 'Cast' input: 'x' output: 'y' attribute {{ name: 'to' i: {} type: INT }}", to);
  };
  const SmallInput x{"x", {DType::kF32, {6}}, {-300.5, -1.5, 0, 1.5, 300.5, 1e5}};
  for (const int to : {2, 3, 5, 6, 7, 9}) expect_as_computed(cast(to), {x});
  for (const double beyond : {3e9, -3e9, 1e30, kInfinity})
    expect_as_computed(cast(6), {{"x", {DType::kF32, {1}}, {beyond}}});
}

// Sums that double would round.
TEST(OnnxFold, WholeNumbersStayExact) {
  const std::string sum =
      "op_type: 'Constant' output: 'x' attribute { name: 'value' type: TENSOR t { data_type: 7 dims: 3"
      " int64_data: 1152921504606846976 int64_data: 1 int64_data: -1152921504606846976 } }";
  const Answer refused = answer({sum, "op_type: 'ReduceSum' input: 'x' output: 'y'"}, {}, 18);
  EXPECT_THAT(refused.error, HasSubstr("does not fit into 32 bits"));
}

TEST(OnnxFold, TypesThatNoOperatorTakesAreRefused) {
  const SmallInput whole = wholes("a", {1}, {1000}), fraction{"b", {DType::kF32, {1}}, {0.5}};
  const SmallInput truth{"a", {DType::kPred, {1}}, {1}};
  const std::string add = "op_type: 'Add' input: 'a' input: 'b' output: 'y'";
  EXPECT_THAT(folded(add, {whole, fraction}).error, HasSubstr("its inputs are of INT64 and FLOAT"));
  EXPECT_THAT(folded("op_type: 'Add' input: 'a' input: 'a' output: 'y'", {truth}).error, HasSubstr("it is of BOOL"));
  EXPECT_THAT(folded("op_type: 'Exp' input: 'a' output: 'y'", {whole}).error, HasSubstr("must be of floats"));
  EXPECT_THAT(folded("op_type: 'Not' input: 'a' output: 'y'", {whole}).error, HasSubstr("it is of INT64"));
}

}  // namespace
}  // namespace minnow::onnx_tests

// The preview of training; its optimisers are held against ONNX's own cases (conformance_test.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const SmallInput kX = {"x", {DType::kF32, {3}}, {1, 2, 3}};

const std::string kGradient =
    "op_type: 'Gradient' domain: 'ai.onnx.preview.training' attribute { name: 'y' type: STRING s: 'z' } attribute { name: "
    "'xs' type: STRINGS strings: 'x' } ";

// z = x^2 w, so that dz/dx = 2 x w.
Answer gradient_of(const std::string& node) {
  onnx::ModelProto model = small_model(
      {"op_type: 'Mul' input: 'x' input: 'x' output: 's'", "op_type: 'Mul' input: 's' input: 'w' output: 'z'", node},
      {kX}, 22,
      "initializer { name: 'w' data_type: 1 dims: 3 float_data: [1, 10, 100] } initializer { name: 'three' data_type: 7 int64_data: 3 }");
  onnx::OperatorSetIdProto& training = *model.add_opset_import();
  training.set_domain("ai.onnx.preview.training");
  training.set_version(1);
  const auto result = run_model(model, {kX});
  if (!result) return {result.error().message, {}, {}};
  const Tensor wide = result->converted_to(DType::kF64);
  const auto values = wide.as<double>();
  return {"", result->type().shape, {values.begin(), values.end()}};
}

TEST(OnnxTraining, GradientIsThatOfASum) {
  const Answer gradient = gradient_of(kGradient + "input: 'x' output: 'y'");
  EXPECT_EQ(gradient.shape, Shape{3}) << gradient.error;
  EXPECT_THAT(gradient.values, ElementsAre(2, 40, 600));
  EXPECT_THAT(gradient_of(kGradient + "input: 'w' output: 'y'").error,
              HasSubstr("other values than those of the graph"));
}

// Of what lies around a loop, its body sees the values alone, not how one is made of the other.
TEST(OnnxTraining, ALoopDifferentiatesWhatLiesAroundIt) {
  const std::string loop =
      "op_type: 'Loop' input: 'three' input: '' input: 'x' output: 'y' attribute { name: 'body' type: GRAPH g { name: 'b' "
      "input { name: 'i' } input { name: 'c' } input { name: 'h' } node { op_type: 'Identity' input: 'c' output: 'c2' } "
      "node { " +
      kGradient +
      "input: 'x' output: 'd' } node { op_type: 'Add' input: 'h' input: 'd' output: 'h2' } output { name: 'c2' } output { "
      "name: 'h2' } } }";
  const Answer sum = gradient_of(loop);
  EXPECT_THAT(sum.values, ElementsAre(1 + 3 * 2, 2 + 3 * 40, 3 + 3 * 600)) << sum.error;
}

// Each may be twice as large as the one before.
TEST(OnnxTraining, GradientsOfGradientsEnd) {
  const SmallInput x = {"x", {DType::kF32, {1}}, {1}};
  std::vector<std::string> nodes = {"op_type: 'Exp' input: 'x' output: 'z'"};
  std::string last = "z";
  for (int i = 0; i < 40; ++i) {
    const std::string next = fmt::format("g{}", i);
    nodes.push_back(
        "op_type: 'Gradient' domain: 'ai.onnx.preview.training' attribute { name: 'xs' type: STRINGS strings: "
        "'x' } attribute { name: 'y' type: STRING s: '" +
        last + "' } input: 'x' output: '" + next + "'");
    nodes.push_back("op_type: 'Mul' input: '" + next + "' input: '" + last + "' output: '" + next + "m'");
    last = next + "m";
  }
  nodes.push_back("op_type: 'Identity' input: '" + last + "' output: 'y'");
  onnx::ModelProto model = small_model(nodes, {x});
  model.add_opset_import()->set_domain("ai.onnx.preview.training");
  const auto result = run_model(model, {x});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("expand to more than 1000000 nodes"));
}

}  // namespace
}  // namespace minnow::onnx_tests

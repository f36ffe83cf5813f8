// scatter_add, written as ONNX and read again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/onnx/export/export_function.h"
#include "ir/text.h"
#include "tests/expect.h"
#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::ElementsAre;

// y of the function, after it has been written.
std::vector<double> read_again(const std::string& text, const std::vector<SmallInput>& inputs) {
  const auto module = expect(parse_module(text, "f.ir"));
  const OnnxExport what{.function = *module->functions[0], .at_other_batch = *module->functions[0], .name = "f"};
  onnx::ModelProto model;
  MINNOW_CHECK(model.ParseFromString(expect(export_onnx(what))), "is no ONNX");
  const Tensor wide = expect(run_model(model, inputs)).converted_to(DType::kF64);
  const auto values = wide.as<double>();
  return {values.begin(), values.end()};
}

TEST(ExportedScatter, AddsAlongTheFirstDimension) {
  EXPECT_THAT(read_again(R"(func @f(%x: f32[2,2], %i: i32[2]) -> (y: f32[4,2]) {
  %0 = scatter_add(%x, %i) {size = 4} : f32[4,2]
  return %0
})",
                         {{"x", {DType::kF32, {2, 2}}, {1, 2, 3, 4}}, {"i", {DType::kI32, {2}}, {2, 2}}}),
              ElementsAre(0, 0, 0, 0, 4, 6, 0, 0));
}

TEST(ExportedScatter, AddsAlongAnInnerDimensionByIndicesOfTwo) {
  EXPECT_THAT(read_again(R"(func @f(%x: f32[2,2,2,1], %i: i32[2,2]) -> (y: f32[2,3,1]) {
  %0 = scatter_add(%x, %i) {dim = 1, size = 3} : f32[2,3,1]
  return %0
})",
                         {{"x", {DType::kF32, {2, 2, 2, 1}}, {1, 2, 3, 4, 5, 6, 7, 8}},
                          {"i", {DType::kI32, {2, 2}}, {0, 2, 2, 0}}}),
              ElementsAre(5, 0, 5, 13, 0, 13));
}

}  // namespace
}  // namespace minnow::onnx_tests

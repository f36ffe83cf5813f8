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

// y of the function at a batch of 2, after it has been written for any batch.
std::vector<double> read_again(const std::string& text, const std::vector<SmallInput>& inputs) {
  const auto at_batch = [&](char batch) {
    std::string sized = text;
    std::ranges::replace(sized, 'N', batch);
    return expect(parse_module(sized, "f.ir"));
  };
  const auto here = at_batch('2'), there = at_batch('3');
  OnnxExport what{.function = *here->functions[0], .at_other_batch = *there->functions[0], .name = "f"};
  onnx::ModelProto model;
  MINNOW_CHECK(model.ParseFromString(expect(export_onnx(what))), "is no ONNX");
  const Tensor wide = expect(run_model(model, inputs)).converted_to(DType::kF64);
  const auto values = wide.as<double>();
  return {values.begin(), values.end()};
}

TEST(ExportedScatter, AddsAlongTheFirstDimension) {
  EXPECT_THAT(read_again(R"(func @f(%x: f32[N,2], %i: i32[N]) -> (y: f32[4,2]) {
  %0 = scatter_add(%x, %i) {size = 4} : f32[4,2]
  return %0
})",
                         {{"x", {DType::kF32, {2, 2}}, {1, 2, 3, 4}}, {"i", {DType::kI32, {2}}, {2, 2}}}),
              ElementsAre(0, 0, 0, 0, 4, 6, 0, 0));
}

TEST(ExportedScatter, AddsAlongAnInnerDimensionByIndicesOfTwo) {
  EXPECT_THAT(read_again(R"(func @f(%x: f32[N,2,2,1], %i: i32[2,2]) -> (y: f32[N,3,1]) {
  %0 = scatter_add(%x, %i) {dim = 1, size = 3} : f32[N,3,1]
  return %0
})",
                         {{"x", {DType::kF32, {2, 2, 2, 1}}, {1, 2, 3, 4, 5, 6, 7, 8}},
                          {"i", {DType::kI32, {2, 2}}, {0, 2, 2, 0}}}),
              ElementsAre(5, 0, 5, 13, 0, 13));
}

}  // namespace
}  // namespace minnow::onnx_tests

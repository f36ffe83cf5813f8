#include "frontend/onnx/export/export_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "frontend/lower/lower_model.h"
#include "frontend/onnx/onnx.pb.h"
#include "ir/text.h"
#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A function whose text has a batch of N.
std::unique_ptr<Module> at_batch(std::string text, int64_t batch) {
  const std::string number = std::to_string(batch);
  for (size_t at = 0; (at = text.find('N', at)) != std::string::npos; at += number.size()) text.replace(at, 1, number);
  auto module = parse_module(text, "f.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return *std::move(module);
}

Result<onnx::ModelProto> exported(const Function& here, const Function& there) {
  std::string zeros;
  OnnxExport what{.function = here, .at_other_batch = there, .name = "f", .metadata = {{"classes", "[\"a\"]"}}};
  what.bytes_of = [&](const Value& parameter) {
    zeros.assign(static_cast<size_t>(parameter.type.bytes()), '\0');
    return std::string_view(zeros);
  };
  MINNOW_ASSIGN(const std::string bytes, export_onnx(what));
  onnx::ModelProto model;
  MINNOW_CHECK(model.ParseFromString(bytes), "is no ONNX");
  return model;
}

Result<onnx::ModelProto> exported(const std::string& text) {
  const auto here = at_batch(text, 13), there = at_batch(text, 17);
  return exported(*here->functions[0], *there->functions[0]);
}

std::vector<std::string> ops_of(const onnx::GraphProto& graph) {
  std::vector<std::string> ops;
  for (const onnx::NodeProto& node : graph.node()) ops.push_back(node.op_type());
  return ops;
}

std::vector<std::string> ops_of(const std::string& text) {
  const auto model = exported(text);
  return model ? ops_of(model->graph()) : std::vector<std::string>{model.error().message};
}

TEST(ExportFunction, WeightsAreInitializersAndTheBatchHasAName) {
  const auto model = exported(R"(func @f(%x: f32[N,3], %w: f32[3,2] weight) -> (y: f32[N,2]) {
  %0 = dot(%x, %w) : f32[N,2]
  return %0
})");
  ASSERT_TRUE(model) << error_of(model);
  const onnx::GraphProto& graph = model->graph();
  ASSERT_EQ(graph.input_size(), 1);
  EXPECT_EQ(graph.input(0).name(), "x");
  EXPECT_EQ(graph.input(0).type().tensor_type().shape().dim(0).dim_param(), "batch");
  EXPECT_EQ(graph.input(0).type().tensor_type().shape().dim(1).dim_value(), 3);
  ASSERT_EQ(graph.initializer_size(), 1);
  EXPECT_EQ(graph.initializer(0).name(), "w");
  EXPECT_EQ(graph.initializer(0).raw_data().size(), 24U);
  EXPECT_EQ(graph.output(0).name(), "y");
  EXPECT_THAT(ops_of(graph), ElementsAre("MatMul", "Identity"));
  EXPECT_EQ(model->metadata_props(0).value(), "[\"a\"]");
}

// What the IR spells out, ONNX's operators do by themselves.
TEST(ExportFunction, BroadcastsAreLeftToTheOperators) {
  EXPECT_THAT(ops_of(R"(func @f(%x: f32[N,3], %b: f32[3] weight) -> (y: f32[N,3]) {
  %0 = broadcast(%b) {dims = [1]} : f32[N,3]
  %1 = add(%x, %0) : f32[N,3]
  %2 = constant {value = 2} : f32[N,3]
  %3 = mul(%1, %2) : f32[N,3]
  return %3
})"),
              ElementsAre("Add", "Mul", "Identity"));
  EXPECT_THAT(ops_of(R"(func @f(%x: f32[N,3,2], %b: f32[3] weight) -> (y: f32[N,3,2]) {
  %0 = broadcast(%b) {dims = [1]} : f32[N,3,2]
  %1 = add(%x, %0) : f32[N,3,2]
  return %1
})"),
              ElementsAre("Unsqueeze", "Add", "Identity"));
}

TEST(ExportFunction, SizesThatDependOnTheBatchAreComputed) {
  EXPECT_THAT(ops_of(R"(func @f(%x: f32[N,6]) -> (y: f32[N,2,3]) {
  %0 = reshape(%x) : f32[N,2,3]
  return %0
})"),
              ElementsAre("Reshape", "Identity"));
  // Nothing but the result needs the elements.
  EXPECT_THAT(ops_of(R"(func @f(%x: f32[N], %b: f32[3] weight) -> (y: f32[N,3]) {
  %0 = broadcast(%b) {dims = [1]} : f32[N,3]
  return %0
})"),
              ElementsAre("Shape", "Slice", "Concat", "Expand", "Identity"));
}

TEST(ExportFunction, ALoopIsAScan) {
  const auto model = exported(R"(func @f(%x: f32[4,N], %h: f32[N]) -> (last: f32[N], all: f32[4,N]) {
  %0, %1 = loop(%a0 = %x, %a1 = %h) {count = 4, split = [0], carry = [1], reverse = true} : f32[N], f32[4,N] {
    %b0 = reshape(%a0) : f32[N]
    %b1 = add(%b0, %a1) : f32[N]
    %b2 = reshape(%b1) : f32[1,N]
    return %b1, %b2
  }
  return %0, %1
})");
  ASSERT_TRUE(model) << error_of(model);
  EXPECT_THAT(ops_of(model->graph()), ElementsAre("Reshape", "Scan", "Reshape", "Identity", "Identity"));
}

TEST(ExportFunction, TellsWhatOnnxHasNothingFor) {
  const auto model = exported(R"(func @f(%x: f32[N,3], %seed: i32[] scalar, %step: i32[] scalar) -> (y: f32[N,3]) {
  %0 = random(%seed, %step) {stream = 1} : f32[N,3]
  return %0
})");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("run-time number \"seed\""));
}

// Whatever the layers, in any batch.
TEST(ExportFunction, EveryShippedModel) {
  int count = 0;
  for (const char* folder : {"models", "models/zoo"})
    for (const auto& entry : std::filesystem::directory_iterator(source_path(folder))) {
      if (entry.path().extension() != ".textproto") continue;
      const auto loaded = read_experiment(entry.path().string());
      ASSERT_TRUE(loaded) << error_of(loaded);
      const auto here = lower_model(*loaded, {13}), there = lower_model(*loaded, {17});
      ASSERT_TRUE(here && there) << entry.path();
      const auto model = exported(*here->module.find("infer"), *there->module.find("infer"));
      EXPECT_TRUE(model) << entry.path() << ": " << error_of(model);
      ++count;
    }
  EXPECT_GT(count, 40);
}

}  // namespace
}  // namespace minnow

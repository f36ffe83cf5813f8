#include "tests/onnx/small_graph.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "interpreter/interpreter.h"

namespace minnow::onnx_tests {
namespace {

ElementType element_of(DType dtype) {
  return dtype == DType::kI32    ? onnx::TensorProto::INT64
         : dtype == DType::kPred ? onnx::TensorProto::BOOL
                                 : onnx::TensorProto::FLOAT;
}

Tensor tensor_of(const SmallInput& input) {
  Tensor wide = Tensor::from<double>({DType::kF64, input.type.shape}, std::span(input.values));
  return wide.converted_to(input.type.dtype);
}

}  // namespace

onnx::ModelProto small_model(const std::vector<std::string>& nodes, const std::vector<SmallInput>& inputs,
                             int64_t version, const std::string& more) {
  std::string text = fmt::format("ir_version: 8 opset_import {{ version: {} }} graph {{ name: \"small\"", version);
  for (const std::string& node : nodes) text += " node { " + node + " }";
  text += " output { name: \"y\" } " + more + " }";
  onnx::ModelProto model;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &model)) << text;
  for (const SmallInput& input : inputs) {
    onnx::ValueInfoProto& info = *model.mutable_graph()->add_input();
    info.set_name(input.name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(element_of(input.type.dtype));
    type.mutable_shape();
    for (const int64_t size : input.type.shape) type.mutable_shape()->add_dim()->set_dim_value(size);
  }
  return model;
}

Result<Tensor> run_model(const onnx::ModelProto& model, const std::vector<SmallInput>& inputs) {
  MINNOW_ASSIGN(const auto file, OnnxFile::parse(model.SerializeAsString(), "small.onnx"));
  MINNOW_ASSIGN(const auto described, graph_inputs(*file, {}));
  Function function("infer");
  std::map<std::string, Value*> values;
  ImportOptions options;
  for (const GraphInput& input : described) values[input.name] = function.add_parameter(input.name, input.type);
  for (const SmallInput& input : inputs) {
    HostTensor known = HostTensor::zeros(element_of(input.type.dtype), input.type.shape);
    for (size_t i = 0; i < input.values.size(); ++i)
      if (known.is_float()) known.floats[i] = input.values[i];
      else known.ints[i] = static_cast<int64_t>(input.values[i]);
    options.known_inputs[input.name] = std::make_shared<const HostTensor>(std::move(known));
  }
  MINNOW_ASSIGN(const ImportedGraph graph, import_graph(*file, {"y"}, values, options, function));
  function.add_result("y", graph.outputs[0]);
  std::vector<Tensor> arguments;
  for (const auto& parameter : function.parameters()) {
    const auto given = std::ranges::find(inputs, parameter->name, &SmallInput::name);
    if (given != inputs.end()) arguments.push_back(tensor_of(*given));
    for (const auto* list : {&graph.weights, &graph.states})
      for (const ImportedTensor& tensor : *list)
        if (given == inputs.end() && tensor.name == parameter->name)
          arguments.push_back(Tensor::from<float>(parameter->type, std::span(*tensor.values)));
  }
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  MINNOW_ASSIGN(std::vector<Tensor> results, interpret(function, pointers));
  return std::move(results[0]);
}

std::vector<double> results_of(const Function& function, const std::vector<SmallInput>& inputs) {
  std::vector<Tensor> arguments;
  for (const SmallInput& input : inputs) arguments.push_back(tensor_of(input));
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  const auto results = interpret(function, pointers);
  EXPECT_TRUE(results) << results.error().to_string();
  if (!results) return {};
  const Tensor wide = results->front().converted_to(DType::kF64);
  const auto values = wide.as<double>();
  return {values.begin(), values.end()};
}

Answer answer(const std::vector<std::string>& nodes, const std::vector<SmallInput>& inputs, int64_t version,
              const std::string& more) {
  const auto result = run_model(small_model(nodes, inputs, version, more), inputs);
  if (!result) return {result.error().message, {}, {}};
  const Tensor wide = result->converted_to(DType::kF64);
  const auto values = wide.as<double>();
  return {"", result->type().shape, {values.begin(), values.end()}};
}

MATCHER(IsNear, "") { return std::abs(std::get<0>(arg) - std::get<1>(arg)) <= 1e-5 * (1 + std::abs(std::get<1>(arg))); }

void expect(const Answer& answer, const Shape& shape, const std::vector<double>& values) {
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.shape, shape);
  EXPECT_THAT(answer.values, testing::Pointwise(IsNear(), values));
}

SmallInput x4(std::vector<double> values) {
  return {"x", {DType::kF32, {static_cast<int64_t>(values.size())}}, values};
}

}  // namespace minnow::onnx_tests

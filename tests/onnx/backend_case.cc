#include "tests/onnx/backend_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "frontend/onnx/import_graph.h"
#include "interpreter/interpreter.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "runtime/executable.h"

namespace minnow::onnx_tests {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

Result<HostTensor> read_tensor(const fs::path& path) {
  onnx::TensorProto proto;
  if (!proto.ParseFromString(bytes_of(path))) return fail(path.string(), "is no tensor");
  return decode_tensor(proto, path.parent_path().string());
}

// As a parameter of this type holds it, or, where f32 does not reach as far as f64, as f64; whole numbers that do not
// fit are an error.
Result<Tensor> argument_of(const HostTensor& host, const TensorType& type) {
  Tensor wide = Tensor::zeros({DType::kF64, type.shape});
  bool is_beyond = false;
  if (host.shape != type.shape)
    return fail("", "it is {}, not {}", shape_to_string(host.shape), shape_to_string(type.shape));
  for (size_t i = 0; i < host.size(); ++i) {
    wide.as<double>()[i] = host.number(i);
    is_beyond =
        is_beyond || (std::isfinite(host.number(i)) && std::abs(host.number(i)) > std::numeric_limits<float>::max());
    if (type.dtype == DType::kI32 && std::abs(host.number(i)) > 2147483647.0)
      return fail("", "{} does not fit i32", host.number(i));
  }
  return type.dtype == DType::kF32 && is_beyond ? std::move(wide) : wide.converted_to(type.dtype);
}

std::string difference(const HostTensor& expected, const HostTensor& actual) {
  if (!expected.is_strings() || expected.shape != actual.shape)
    return fmt::format("is of strings, {}, not {}", shape_to_string(actual.shape), shape_to_string(expected.shape));
  for (size_t i = 0; i < expected.size(); ++i)
    if (*expected.string(i) != *actual.string(i))
      return fmt::format("element {} is \"{}\", not \"{}\"", i, *actual.string(i), *expected.string(i));
  return "";
}

// The first element that is further off than f32, or a narrower type, may be.
std::string difference(const HostTensor& expected, const Tensor& actual, const Shape& shape) {
  if (expected.is_strings()) return "is not of strings";
  if (expected.shape != shape)
    return fmt::format("is {}, not {}", shape_to_string(shape), shape_to_string(expected.shape));
  const Tensor wide = actual.converted_to(DType::kF64);
  const bool is_narrow =
      expected.is_float() && expected.type != onnx::TensorProto::FLOAT && expected.type != onnx::TensorProto::DOUBLE;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double a = wide.as<double>()[i], e = expected.number(i);
    if (std::isnan(e) && std::isnan(a)) continue;
    const double tolerance =
        expected.is_float() ? 1e-3 * std::abs(e) * (is_narrow ? 4 : 1) + (is_narrow ? 1e-3 : 2e-6) : 0;
    if (a == e || std::abs(a - e) <= tolerance) continue;
    return fmt::format("element {} is {}, not {}", i, a, e);
  }
  return "";
}

// f64 is the interpreter's alone, as of `minnow run --precision f64`.
Result<std::vector<Tensor>> run(std::unique_ptr<Function> function, std::vector<Tensor>& arguments, Way way) {
  const bool is_wide =
      std::ranges::any_of(arguments, [](const Tensor& argument) { return argument.type().dtype == DType::kF64; });
  if (way == Way::kInterpreted || is_wide) {
    std::vector<const Tensor*> pointers;
    for (const Tensor& argument : arguments) pointers.push_back(&argument);
    return interpret(*function, pointers, is_wide ? Precision::kF64 : Precision::kDeclared);
  }
  static ThreadPool pool(1);
  MINNOW_TRY(run_passes(*function, default_pipeline()));
  MINNOW_ASSIGN(const auto executable, make_compiled(std::move(function), pool));
  std::vector<Tensor*> pointers;
  for (Tensor& argument : arguments) pointers.push_back(&argument);
  MINNOW_TRY(executable->run(pointers));
  std::vector<Tensor> results;
  for (size_t i = 0; i < executable->function().results().size(); ++i)
    results.push_back(executable->result(i, pointers).clone());
  return results;
}

Result<std::vector<Tensor>> arguments_of(const Function& function, const ImportedGraph& graph,
                                         const std::map<std::string, KnownTensor>& given) {
  std::vector<Tensor> arguments;
  for (const auto& parameter : function.parameters()) {
    const auto is_it = [&](const ImportedTensor& tensor) { return tensor.name == parameter->name; };
    auto found = std::ranges::find_if(graph.weights, is_it);
    if (found == graph.weights.end()) found = std::ranges::find_if(graph.states, is_it);
    if (found != graph.weights.end() && found != graph.states.end() && parameter->role != Role::kInput) {
      arguments.push_back(Tensor::from<float>(parameter->type, std::span(*found->values)));
      continue;
    }
    MINNOW_ASSIGN(Tensor argument, argument_of(*given.at(parameter->name), parameter->type));
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

// What the file leaves open is as large as the first input's batch.
GraphSizes sizes_of(const OnnxFile& file, const std::map<std::string, KnownTensor>& given) {
  if (file.inputs().empty()) return {};
  const auto first = given.find(file.inputs()[0]->name());
  return {first == given.end() || first->second->shape.empty() ? 1 : first->second->shape[0], {}};
}

Status check_outputs(const OnnxFile& file, const std::map<std::string, KnownTensor>& given,
                     const std::vector<HostTensor>& expected, Way way, std::string* wrong) {
  std::vector<std::string> outputs;
  for (const auto& output : file.graph().output()) outputs.push_back(output.name());
  auto function = std::make_unique<Function>("infer");
  MINNOW_ASSIGN(const std::vector<GraphInput> inputs, graph_inputs(file, sizes_of(file, given), given));
  std::map<std::string, Value*> values;
  for (const GraphInput& input : inputs) values[input.name] = function->add_parameter(input.name, input.type);
  ImportOptions options;
  options.known_inputs = given;
  options.takes_strings = true;
  MINNOW_ASSIGN(const ImportedGraph graph, import_graph(file, outputs, values, options, *function));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (graph.outputs[i] != nullptr) function->add_result(fmt::format("result{}", i), graph.outputs[i]);
  MINNOW_ASSIGN(std::vector<Tensor> arguments, arguments_of(*function, graph, given));
  MINNOW_ASSIGN(const std::vector<Tensor> results, run(std::move(function), arguments, way));
  size_t result = 0;  // those of strings are none
  for (size_t i = 0; i < expected.size() && wrong->empty(); ++i) {
    if (graph.strings.at(i) != nullptr) *wrong = difference(expected[i], *graph.strings[i]);
    else *wrong = difference(expected[i], results.at(result), results[result].type().shape);
    if (graph.strings[i] == nullptr) ++result;
    if (!wrong->empty()) *wrong = fmt::format("output {} {}", outputs[i], *wrong);
    else if (graph.output_types[i] != expected[i].type)
      *wrong = fmt::format("output {} is of {}, not {}", outputs[i], element_type_name(graph.output_types[i]),
                           element_type_name(expected[i].type));
  }
  return {};
}

CaseResult result_of(const Status& status, const std::string& wrong) {
  if (!status) return {Verdict::kRefused, status.error().message};
  return wrong.empty() ? CaseResult{} : CaseResult{Verdict::kWrong, wrong};
}

Status run_data_set(const OnnxFile& file, const fs::path& data, Way way, std::string* wrong) {
  std::map<std::string, KnownTensor> given;
  for (size_t i = 0; i < file.inputs().size(); ++i) {
    const fs::path path = data / fmt::format("input_{}.pb", i);
    if (!file.inputs()[i]->type().has_tensor_type()) continue;
    if (bytes_of(path).empty()) continue;
    MINNOW_ASSIGN(HostTensor tensor, read_tensor(path));
    given[file.inputs()[i]->name()] = std::make_shared<const HostTensor>(std::move(tensor));
  }
  std::vector<HostTensor> expected;
  for (int i = 0; fs::exists(data / fmt::format("output_{}.pb", i)); ++i) {
    MINNOW_ASSIGN(HostTensor tensor, read_tensor(data / fmt::format("output_{}.pb", i)));
    expected.push_back(std::move(tensor));
  }
  return check_outputs(file, given, expected, way, wrong);
}

}  // namespace

CaseResult run_case(const std::string& folder, Way way) {
  const auto file = OnnxFile::read(folder + "/model.onnx");
  if (!file) return {Verdict::kRefused, file.error().message};
  std::string wrong;
  for (int i = 0; wrong.empty() && fs::exists(fmt::format("{}/test_data_set_{}", folder, i)); ++i) {
    const Status status = run_data_set(**file, fmt::format("{}/test_data_set_{}", folder, i), way, &wrong);
    if (!status) return result_of(status, wrong);
  }
  return result_of({}, wrong);
}

CaseResult run_light_case(const std::string& model, Way way) {
  const auto file = OnnxFile::read(model);
  if (!file) return {Verdict::kRefused, file.error().message};
  const auto inputs = graph_inputs(**file, {});
  if (!inputs) return {Verdict::kRefused, inputs.error().message};
  std::map<std::string, KnownTensor> given;
  for (const GraphInput& input : *inputs) {
    HostTensor tensor = HostTensor::zeros(input.element, input.type.shape);
    tensor.floats.resize(tensor.size());
    for (size_t i = 0; i < tensor.size(); ++i)
      tensor.floats[i] = static_cast<double>(i) / static_cast<double>(tensor.size());
    given[input.name] = std::make_shared<const HostTensor>(std::move(tensor));
  }
  auto expected = read_tensor(model.substr(0, model.size() - std::strlen(".onnx")) + "_output_0.pb");
  if (!expected) return {Verdict::kRefused, expected.error().message};
  std::string wrong;
  const Status status = check_outputs(**file, given, {*std::move(expected)}, way, &wrong);
  return result_of(status, wrong);
}

}  // namespace minnow::onnx_tests

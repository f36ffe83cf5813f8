#include "frontend/lower/lower_graph.h"

#include <algorithm>

#include "frontend/load/complain.h"
#include "frontend/load/defaults.h"
#include "frontend/load/onnx_network.h"
#include "frontend/lower/lower_loss.h"
#include "frontend/lower/normalize_input.h"
#include "frontend/lower/program_weights.h"
#include "ir/contraction.h"
#include "ir/printable.h"

namespace minnow {
namespace {

// Outputs of the graph that losses see, each once.
std::vector<std::string> seen_outputs(const Model& model) {
  std::vector<std::string> names = {model.output()};
  for (const LossTerm& term : loss_terms(model))
    if (std::ranges::find(names, term.output) == names.end()) names.push_back(term.output);
  return names;
}

Status check_name_is_free(const LoadedModel& loaded, const std::string& name, std::string_view what) {
  if (!is_reserved(name)) return {};
  return fail(loaded.graph->path(), "training needs the name \"{}\" for itself, so no {} can have it", name, what);
}

LayerRow row_of(const ImportedNode& node) {
  const Shape& shape = node.output;
  return {.name = node.name,
          .kind = node.op,
          .output = Shape(shape.empty() ? shape.begin() : shape.begin() + 1, shape.end()),
          .weights = node.weights};
}

// Weights and states with their values, layers as rows.
Status take_over(const LoadedModel& loaded, ImportedGraph graph, const Function& function, int64_t batch,
                 LoweredModel* lowered) {
  ValuesOfFile values;
  for (const auto* list : {&graph.weights, &graph.states})
    for (const ImportedTensor& tensor : *list) values.emplace(tensor.name, tensor.values);
  MINNOW_TRY(find_weights(loaded, function, lowered, values));
  for (const ImportedNode& node : graph.nodes) lowered->layers.push_back(row_of(node));
  // What was repeated belongs to the node that was imported last of its name.
  std::map<std::string_view, LayerRow*> rows;
  for (LayerRow& row : lowered->layers) rows[row.name] = &row;
  for (const auto& op : function.ops())
    if (const auto row = rows.find(op->location.layer); row != rows.end())
      row->second->flops += contraction_flops(*op) / static_cast<double>(batch);
  return {};
}

// What a parameter is: pictures come as bytes.
TensorType fed_type(const LoadedModel& loaded, TensorType type) {
  if (type.dtype == DType::kF32 && holds_bytes(loaded.model.data())) type.dtype = DType::kU8;
  return type;
}

// What the graph sees of the parameters: floats, behind what `data` asks for.
NamedValues fed_inputs(Builder& b, const LoadedModel& loaded, const NamedValues& parameters) {
  NamedValues inputs;
  for (const onnx::ValueInfoProto* input : loaded.graph->inputs()) {
    const auto parameter = parameters.find(input->name());
    if (parameter == parameters.end()) continue;  // of strings
    Value* value = parameter->second;
    b.set_location({input->name()});
    const bool is_float = is_float_element(input->type().tensor_type().elem_type());
    if (is_float && value->type.dtype != DType::kF32) value = b.convert(value, DType::kF32);
    if (is_float && loaded.model.has_data()) value = normalize_input(b, value, loaded.model.data().normalize());
    inputs.emplace(input->name(), value);
  }
  return inputs;
}

// A parameter that is an output is no new value of itself.
std::string result_name(const Function& function, std::string name) {
  while (function.find_parameter(name) != nullptr || function.find_result(name) != nullptr) name += ".output";
  return name;
}

}  // namespace

Status add_graph_inputs(FunctionScope& scope, NamedValues& values) {
  const LoadedModel& loaded = scope.loaded;
  MINNOW_ASSIGN(const std::vector<GraphInput> inputs,
                graph_inputs(*loaded.graph, sizes_of(loaded, scope.options.batch_size)));
  for (const GraphInput& input : inputs) {
    MINNOW_TRY(check_name_is_free(loaded, input.name, "input"));
    const TensorType type = fed_type(loaded, input.type);
    if (type.rank() == 0 || type.dim(0) != scope.options.batch_size)
      return fail(loaded.graph->path(), "the input \"{}\" is {}, which is no batch of {} examples",
                  printable(input.name), type.to_string(), scope.options.batch_size);
    const bool is_number = type.dtype == DType::kF32 || type.dtype == DType::kI32 || type.dtype == DType::kU8;
    if (!is_number)
      return fail(loaded.graph->path(), "the input \"{}\" is {}, but data are f32, i32 or u8", printable(input.name),
                  type.to_string());
    MINNOW_TRY(scope.admit(type.shape, "network.onnx", fmt::format("the input \"{}\"", input.name)));
    values[input.name] = scope.builder.function().add_parameter(input.name, type, Role::kInput);
  }
  return {};
}

Status add_graph(FunctionScope& scope, NamedValues& values) {
  const LoadedModel& loaded = scope.loaded;
  const NamedValues inputs = fed_inputs(scope.builder, loaded, values);
  const std::vector<std::string> outputs = seen_outputs(loaded.model);
  const ImportOptions options{
      .is_training = scope.mode == Mode::kTraining, .max_bytes = scope.options.max_bytes, .known_inputs = {}};
  Function& function = scope.builder.function();
  MINNOW_ASSIGN(ImportedGraph graph, import_graph(*loaded.graph, outputs, inputs, options, function));
  for (size_t i = 0; i < outputs.size(); ++i) values[outputs[i]] = graph.outputs[i];
  scope.updates = graph.updates;
  LoweredModel found;
  MINNOW_TRY(take_over(loaded, std::move(graph), function, scope.options.batch_size, &found));
  for (const WeightInfo& weight : found.weights) MINNOW_TRY(check_name_is_free(loaded, weight.name, "weight"));
  for (const StateInfo& state : found.states) MINNOW_TRY(check_name_is_free(loaded, state.name, "state"));
  scope.weights = std::move(found.weights);
  scope.states = std::move(found.states);
  scope.rows = std::move(found.layers);
  return {};
}

void describe_graph(LoweredModel* lowered, FunctionScope* scope) {
  lowered->weights = std::move(scope->weights);
  lowered->states = std::move(scope->states);
  lowered->layers = std::move(scope->rows);
  lowered->has_fixed_batch = fixed_batch(*scope->loaded.graph) > 0;
  for (const onnx::ValueInfoProto* input : scope->loaded.graph->inputs())
    lowered->inputs.push_back({input->name(), scope->builder.function().find_parameter(input->name())->type, 0});
}

Result<std::unique_ptr<Function>> graph_function(const LoadedModel& loaded, const LowerOptions& options,
                                                 const std::map<std::string, KnownTensor>& known, LoweredModel* lowered,
                                                 NamedStrings* strings) {
  const OnnxFile& file = *loaded.graph;
  MINNOW_ASSIGN(const std::vector<GraphInput> inputs, graph_inputs(file, sizes_of(loaded, options.batch_size), known));
  auto function = std::make_unique<Function>("infer");
  NamedValues values;
  for (const GraphInput& input : inputs) {
    const TensorType type = fed_type(loaded, input.type);
    values[input.name] = function->add_parameter(input.name, type, Role::kInput);
    lowered->inputs.push_back({input.name, type, 0});
  }
  Builder b(*function);
  values = fed_inputs(b, loaded, values);
  std::vector<std::string> outputs;
  for (const auto& output : file.graph().output()) outputs.push_back(output.name());
  const ImportOptions import{
      .is_training = false, .max_bytes = options.max_bytes, .known_inputs = known, .takes_strings = strings != nullptr};
  MINNOW_ASSIGN(ImportedGraph graph, import_graph(file, outputs, values, import, *function));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (graph.strings[i] != nullptr) strings->emplace_back(outputs[i], graph.strings[i]);
    else function->add_result(result_name(*function, outputs[i]), graph.outputs[i]);
  MINNOW_TRY(take_over(loaded, std::move(graph), *function, options.batch_size, lowered));
  return function;
}

Result<LoweredModel> lower_graph(const LoadedModel& loaded, const LowerOptions& options) {
  LoweredModel lowered;
  MINNOW_ASSIGN(auto function, graph_function(loaded, options, {}, &lowered));
  // The prediction is the first.
  const auto& outputs = loaded.graph->graph().output();
  const auto asked = std::ranges::find(outputs, loaded.model.output(), &onnx::ValueInfoProto::name);
  const auto first = function->results().begin();
  if (asked != outputs.end())
    std::rotate(first, first + (asked - outputs.begin()), first + (asked - outputs.begin()) + 1);
  lowered.has_fixed_batch = fixed_batch(*loaded.graph) > 0;
  lowered.module.functions.push_back(std::move(function));
  return lowered;
}

}  // namespace minnow

#include "frontend/lower/function_lowering.h"

#include <algorithm>

#include "frontend/load/defaults.h"
#include "frontend/load/validate_model.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/lower_graph.h"
#include "frontend/lower/normalize_input.h"

namespace minnow {
namespace {

TensorType input_type(const Model& model, const spec::Input& input, int64_t batch_size) {
  const DType numbers = holds_bytes(model.data()) ? DType::kU8 : DType::kF32;
  TensorType type{input.type() == spec::Input::I32 ? DType::kI32 : numbers, {batch_size}};
  type.shape.insert(type.shape.end(), input.shape().begin(), input.shape().end());
  return type;
}

Status check_generation(const LayerScope& scope) {
  const auto check = layer_rule(scope.layer()).check_generation;
  if (check != nullptr) return check(scope);
  return scope.mixes_positions(
      "", fmt::format("what a layer of kind {} makes of a position may depend on others", layer_kind(scope.layer())));
}

}  // namespace

Status FunctionLowering::add_inputs() {
  if (scope_.loaded.graph) return add_graph_inputs(scope_, values_);
  for (int i = 0; i < model_.inputs_size(); ++i) {
    const spec::Input& input = model_.inputs(i);
    const std::string path = fmt::format("inputs.{}", i);
    if (is_reserved(input.name()))
      return complain(scope_.loaded, path + ".name", "an input cannot be called \"{}\"", input.name());
    const TensorType type = input_type(model_, input, scope_.options.batch_size);
    MINNOW_TRY(scope_.admit(type.shape, path + ".shape", fmt::format("the input \"{}\"", input.name())));
    values_[input.name()] = builder().function().add_parameter(input.name(), type, Role::kInput);
  }
  return {};
}

void FunctionLowering::add_input(const TensorType& type) {
  const std::string& name = model_.inputs(0).name();
  values_[name] = builder().function().add_parameter(name, type, Role::kInput);
}

Status FunctionLowering::add_layers(const std::set<std::string>* names) {
  if (scope_.loaded.graph) return add_graph(scope_, values_);
  convert_inputs();
  MINNOW_ASSIGN(const std::vector<int> order, layer_order(scope_.loaded));
  for (const int index : order)
    if (names == nullptr || names->contains(model_.layers(index).name())) MINNOW_TRY(add_layer(index));
  return {};
}

void FunctionLowering::convert_inputs() {
  for (const spec::Input& input : model_.inputs()) {
    builder().set_location({input.name()});
    if (input.type() == spec::Input::I32) continue;
    Value*& value = values_.at(input.name());
    if (value->type.dtype != DType::kF32) value = builder().convert(value, DType::kF32);
    if (model_.has_data()) value = normalize_input(builder(), value, model_.data().normalize());
  }
}

Status FunctionLowering::add_layer(int index) {
  const spec::Layer& layer = model_.layers(index);
  builder().set_location({layer.name()});
  MINNOW_ASSIGN(std::vector<Value*> inputs, inputs_of(index));
  MINNOW_TRY(check_takes_tokens(index, inputs));

  const size_t first_weight = scope_.weights.size();
  LayerScope layer_scope(scope_, index, inputs);
  if (scope_.mode == Mode::kGeneration) MINNOW_TRY(check_generation(layer_scope));
  MINNOW_ASSIGN(Value * result, layer_rule(layer).lower(layer_scope));
  values_[layer.name()] = result;
  values_.insert(layer_scope.given().begin(), layer_scope.given().end());

  const Shape& shape = result->type.shape;
  LayerRow row{.name = layer.name(),
               .kind = layer_kind(layer),
               .output = Shape(shape.begin() + 1, shape.end()),
               .flops = layer_scope.flops(),
               .normalized = layer_scope.normalized()};
  for (size_t i = first_weight; i < scope_.weights.size(); ++i) row.weights += element_count(scope_.weights[i].shape);
  scope_.rows.push_back(std::move(row));
  return {};
}

// In generation layers give no other results: those are of a whole sequence.
Result<std::vector<Value*>> FunctionLowering::inputs_of(int index) const {
  std::vector<Value*> inputs;
  for (int i = 0; i < model_.layers(index).inputs_size(); ++i) {
    const std::string& name = model_.layers(index).inputs(i);
    const auto known = values_.find(name);
    if (known == values_.end())
      return complain(scope_.loaded, fmt::format("layers.{}.inputs.{}", index, i),
                      "\"{}\" is of a whole sequence, so that no text can be generated position by position", name);
    inputs.push_back(known->second);
  }
  return inputs;
}

Status FunctionLowering::check_takes_tokens(int index, const std::vector<Value*>& inputs) const {
  const spec::Layer& layer = model_.layers(index);
  const LayerRule& rule = layer_rule(layer);
  if (rule.takes_tokens) return {};
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i]->type.dtype == DType::kI32 && (rule.takes_lengths == nullptr || !rule.takes_lengths(layer, i)))
      return complain_with_hint(scope_.loaded, fmt::format("layers.{}", index),
                                "an embedding or one_hot layer makes numbers of tokens",
                                "takes numbers, but its input \"{}\" holds tokens", layer.inputs(static_cast<int>(i)));
  return {};
}

}  // namespace minnow

#include "frontend/lower/lower_model.h"

#include <algorithm>
#include <map>

#include "frontend/load/defaults.h"
#include "frontend/load/validate_model.h"
#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/lower_loss.h"

namespace minnow {
namespace {

// What functions call parameters and results of their own.
constexpr std::array<std::string_view, 7> kReservedNames = {"target",  "seed",       "step",         "loss",
                                                            "correct", "prediction", "learning_rate"};

TensorType input_type(const Model& model, const spec::Input& input, int64_t batch_size) {
  TensorType type{holds_bytes(model.data()) ? DType::kU8 : DType::kF32, {batch_size}};
  type.shape.insert(type.shape.end(), input.shape().begin(), input.shape().end());
  return type;
}

// One number, or one per channel, as a value that can be combined with x [N,C,...].
Value* per_channel(Builder& b, const std::vector<double>& values, const TensorType& type) {
  const bool is_same = std::equal(values.begin() + 1, values.end(), values.begin());
  if (is_same) return b.constant(type, values[0]);
  Value* channels = b.constant({DType::kF32, {type.dim(1)}}, values);
  return broadcast_along(b, channels, 1, type.shape);
}

// (x * scale - mean) / deviation, as x * factor + shift.
Value* normalize_input(Builder& b, Value* x, const spec::Data::Normalize& normalize) {
  const auto pick = [](const auto& values, int i) { return values[std::min(i, values.size() - 1)]; };
  const int channels = std::max(normalize.mean_size(), normalize.deviation_size());
  const double scale = normalize.has_scale() ? normalize.scale() : 1;
  std::vector<double> factor, shift;
  for (int i = 0; i < channels; ++i) {
    factor.push_back(scale / pick(normalize.deviation(), i));
    shift.push_back(-pick(normalize.mean(), i) / pick(normalize.deviation(), i));
  }
  const auto all = [](const std::vector<double>& values, double wanted) {
    return std::all_of(values.begin(), values.end(), [=](double value) { return value == wanted; });
  };
  if (!all(factor, 1)) x = b.mul(x, per_channel(b, factor, x->type));
  if (!all(shift, 0)) x = b.add(x, per_channel(b, shift, x->type));
  return x;
}

// Builds one function: inputs, layers in order, and what its end asks for.
class FunctionLowering {
 public:
  FunctionLowering(const LoadedModel& loaded, const LowerOptions& options, Mode mode, Function& function)
      : model_(loaded.model), scope_{loaded, options, mode, Builder(function)} {}

  FunctionScope& scope() { return scope_; }
  Builder& builder() { return scope_.builder; }

  Status add_inputs() {
    for (int i = 0; i < model_.inputs_size(); ++i) {
      const spec::Input& input = model_.inputs(i);
      const std::string path = fmt::format("inputs.{}", i);
      if (std::find(kReservedNames.begin(), kReservedNames.end(), input.name()) != kReservedNames.end())
        return complain(scope_.loaded, path + ".name", "an input cannot be called \"{}\"", input.name());
      const TensorType type = input_type(model_, input, scope_.options.batch_size);
      MINNOW_TRY(scope_.admit(type.shape, path + ".shape", fmt::format("the input \"{}\"", input.name())));
      values_[input.name()] = builder().function().add_parameter(input.name(), type, Role::kInput);
    }
    return {};
  }

  // The value of the model's output.
  Result<Value*> add_layers() {
    convert_inputs();
    MINNOW_ASSIGN(const std::vector<int> order, layer_order(scope_.loaded));
    for (const int index : order) MINNOW_TRY(add_layer(index));
    return values_.at(model_.output());
  }

 private:
  void convert_inputs() {
    for (const spec::Input& input : model_.inputs()) {
      builder().set_location({input.name()});
      Value*& value = values_.at(input.name());
      if (value->type.dtype != DType::kF32) value = builder().convert(value, DType::kF32);
      if (model_.has_data()) value = normalize_input(builder(), value, model_.data().normalize());
    }
  }

  Status add_layer(int index) {
    const spec::Layer& layer = model_.layers(index);
    builder().set_location({layer.name()});
    std::vector<Value*> inputs;
    for (const std::string& name : layer.inputs()) inputs.push_back(values_.at(name));

    const size_t first_weight = scope_.weights.size();
    LayerScope layer_scope(scope_, index, inputs);
    MINNOW_ASSIGN(Value * result, layer_rule(layer).lower(layer_scope));
    values_[layer.name()] = result;

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

  const Model& model_;
  FunctionScope scope_;
  std::map<std::string, Value*> values_;  // of inputs and layers
};

Status check_layers(const LoadedModel& loaded) {
  for (int i = 0; i < loaded.model.layers_size(); ++i) {
    const auto check = layer_rule(loaded.model.layers(i)).check;
    if (check != nullptr) MINNOW_TRY(check(LayerFields(loaded, i)));
  }
  return {};
}

// What a function shares with the others; taken from @loss, in which everything occurs.
void describe(LoweredModel* lowered, FunctionScope* scope) {
  lowered->weights = std::move(scope->weights);
  lowered->states = std::move(scope->states);
  lowered->layers = std::move(scope->rows);
}

// "target" comes right behind the inputs, but its type is known only when the layers are: a first build
// without it tells the shape of the output.
Result<TargetInfo> find_target(const LoadedModel& loaded, const LowerOptions& options) {
  Function trial("trial");
  FunctionLowering lowering(loaded, options, Mode::kInference, trial);
  MINNOW_TRY(lowering.add_inputs());
  MINNOW_ASSIGN(const Value* output, lowering.add_layers());
  return target_of(loaded, output->type);
}

Status add_loss_function(LoweredModel* lowered, const LoadedModel& loaded, const LowerOptions& options, Mode mode) {
  const bool is_training = mode == Mode::kTraining;
  auto function = std::make_unique<Function>(is_training ? "loss" : "evaluate");
  FunctionLowering lowering(loaded, options, mode, *function);
  MINNOW_TRY(lowering.add_inputs());
  Value* target = function->add_parameter("target", lowered->target, Role::kInput);
  MINNOW_ASSIGN(Value * output, lowering.add_layers());

  Builder& b = lowering.builder();
  b.set_location({"loss"});
  LoweredLoss loss = lower_loss(b, loaded.model.loss(), output, target);
  if (is_training) loss.sum = b.mul(loss.sum, 1.0 / static_cast<double>(options.batch_size));
  function->add_result("loss", loss.sum);
  function->add_result("correct", loss.correct);
  for (const FunctionResult& update : lowering.scope().updates) function->add_result(update.name, update.value);
  if (is_training) describe(lowered, &lowering.scope());
  lowered->module.functions.push_back(std::move(function));
  return {};
}

Status add_infer_function(LoweredModel* lowered, const LoadedModel& loaded, const LowerOptions& options) {
  auto function = std::make_unique<Function>("infer");
  FunctionLowering lowering(loaded, options, Mode::kInference, *function);
  MINNOW_TRY(lowering.add_inputs());
  MINNOW_ASSIGN(Value * output, lowering.add_layers());
  lowering.builder().set_location({"prediction"});
  function->add_result("prediction", lower_prediction(lowering.builder(), loaded.model.loss(), output));
  lowered->module.functions.push_back(std::move(function));
  return {};
}

}  // namespace

int64_t LoweredModel::weight_count() const {
  int64_t count = 0;
  for (const WeightInfo& weight : weights) count += element_count(weight.shape);
  return count;
}

Result<LoweredModel> lower_model(const LoadedModel& loaded, const LowerOptions& options) {
  constexpr int64_t kLargestBatch = 65536;
  if (options.batch_size < 1 || options.batch_size > kLargestBatch)
    return complain(loaded, "training.batch_size", "batch size is {}, but must lie in [1, {}]", options.batch_size,
                    kLargestBatch);
  MINNOW_TRY(check_layers(loaded));
  MINNOW_ASSIGN(const TargetInfo target, find_target(loaded, options));
  LoweredModel lowered;
  lowered.target = target.type;
  lowered.classifies = target.classifies;
  lowered.classes = target.classes;
  lowered.predictions_per_example = target.predictions_per_example;
  MINNOW_TRY(add_loss_function(&lowered, loaded, options, Mode::kTraining));
  MINNOW_TRY(add_loss_function(&lowered, loaded, options, Mode::kInference));
  MINNOW_TRY(add_infer_function(&lowered, loaded, options));
  return lowered;
}

}  // namespace minnow

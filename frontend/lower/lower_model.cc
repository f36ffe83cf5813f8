#include "frontend/lower/lower_model.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "frontend/load/defaults.h"
#include "frontend/load/validate_model.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/lower_loss.h"
#include "frontend/lower/lower_program.h"
#include "frontend/lower/normalize_input.h"

namespace minnow {
namespace {

TensorType input_type(const Model& model, const spec::Input& input, int64_t batch_size) {
  const DType numbers = holds_bytes(model.data()) ? DType::kU8 : DType::kF32;
  TensorType type{input.type() == spec::Input::I32 ? DType::kI32 : numbers, {batch_size}};
  type.shape.insert(type.shape.end(), input.shape().begin(), input.shape().end());
  return type;
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
      if (is_reserved(input.name()))
        return complain(scope_.loaded, path + ".name", "an input cannot be called \"{}\"", input.name());
      const TensorType type = input_type(model_, input, scope_.options.batch_size);
      MINNOW_TRY(scope_.admit(type.shape, path + ".shape", fmt::format("the input \"{}\"", input.name())));
      values_[input.name()] = builder().function().add_parameter(input.name(), type, Role::kInput);
    }
    return {};
  }

  Status add_layers() {
    convert_inputs();
    MINNOW_ASSIGN(const std::vector<int> order, layer_order(scope_.loaded));
    for (const int index : order) MINNOW_TRY(add_layer(index));
    return {};
  }

  // Of a layer, once they are there.
  Value* output(const std::string& layer) const { return values_.at(layer); }

 private:
  void convert_inputs() {
    for (const spec::Input& input : model_.inputs()) {
      builder().set_location({input.name()});
      if (input.type() == spec::Input::I32) continue;
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
    MINNOW_TRY(check_takes_tokens(index, inputs));

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

  Status check_takes_tokens(int index, const std::vector<Value*>& inputs) const {
    const spec::Layer& layer = model_.layers(index);
    if (layer_rule(layer).takes_tokens) return {};
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i]->type.dtype == DType::kI32)
        return complain_with_hint(
            scope_.loaded, fmt::format("layers.{}", index), "an embedding or one_hot layer makes numbers of tokens",
            "takes numbers, but its input \"{}\" holds tokens", layer.inputs(static_cast<int>(i)));
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
  for (const spec::Input& input : scope->loaded.model.inputs()) {
    const auto found = scope->vocabularies.find(input.name());
    lowered->inputs.push_back({input.name(), scope->builder.function().find_parameter(input.name())->type,
                               found == scope->vocabularies.end() ? 0 : found->second});
  }
}

// "i32[4,9] of 11 classes without -1"
std::string describe(const TargetInfo& target) {
  std::string text = target.type.to_string();
  if (target.classes > 0) text += fmt::format(" of {} classes", target.classes);
  if (target.is_probability) text += " of probabilities";
  if (target.ignored) text += fmt::format(" without {}", *target.ignored);
  return text;
}

// Losses that name one target are compared with the same.
Status add_target(const LoadedModel& loaded, const LossTerm& term, const TargetInfo& target,
                  std::vector<TargetInfo>* targets) {
  const auto found = std::ranges::find(*targets, target.name, &TargetInfo::name);
  if (found == targets->end()) {
    targets->push_back(target);
    return {};
  }
  const bool is_same = found->type == target.type && found->ignored == target.ignored &&
                       found->classes == target.classes && found->is_probability == target.is_probability;
  if (!is_same)
    return complain_with_hint(loaded, term.path, "give each a target of its own by the field target",
                              "takes \"{}\" for {}, but another loss for {}", target.name, describe(target),
                              describe(*found));
  return {};
}

// Whether there are predictions to be right or wrong, and how many.
void describe_predictions(LoweredModel* lowered, const Model& model) {
  const TargetInfo& target = lowered->targets[0];
  const int64_t elements = target.type.elements() / target.type.dim(0);
  lowered->classes = model.loss().has_softmax_cross_entropy() ? target.classes : 0;
  lowered->classifies = lowered->classes > 0 || model.loss().has_binary_cross_entropy_with_logits();
  lowered->predictions_per_example = lowered->classifies && !target.ignored ? elements : 1;
  lowered->labels_positions = lowered->classes > 0 && target.type.rank() > 1;
  const double weight = model.loss().has_weight() ? model.loss().weight() : 1;
  lowered->has_perplexity = lowered->labels_positions && model.losses().empty() && weight == 1 &&
                            model.loss().softmax_cross_entropy().label_smoothing() == 0;
}

// Targets come right behind the inputs, but their types are known only when the layers are: a first build without them
// tells the shapes of the outputs.
Result<std::vector<TargetInfo>> find_targets(const LoadedModel& loaded, const LowerOptions& options) {
  Function trial("trial");
  FunctionLowering lowering(loaded, options, Mode::kInference, trial);
  MINNOW_TRY(lowering.add_inputs());
  MINNOW_TRY(lowering.add_layers());
  std::vector<TargetInfo> targets;
  for (const LossTerm& term : loss_terms(loaded.model)) {
    const std::string name = term.target();
    if ((name != "target" && is_reserved(name)) || trial.find_parameter(name) != nullptr)
      return complain(loaded, term.path + ".target", "a target cannot be called \"{}\"", name);
    MINNOW_ASSIGN(const TargetInfo target, target_of(loaded, term, lowering.output(term.output)->type));
    MINNOW_TRY(add_target(loaded, term, target, &targets));
  }
  return targets;
}

// f32[], over the examples of the batch, or over the labels that count.
Value* mean_of(Builder& b, const LoweredLoss& loss, int64_t batch_size) {
  if (loss.counted == nullptr) return b.mul(loss.sum, 1.0 / static_cast<double>(batch_size));
  return b.div(loss.sum, b.max(loss.counted, b.like(loss.counted, 1)));
}

// The sum of all losses, each by its weight, with the right predictions of the first: a mean over the batch, or, for
// @evaluate, that times what it is a mean over.
LoweredLoss add_losses(FunctionLowering& lowering, const LoadedModel& loaded, const LowerOptions& options,
                       bool is_training) {
  Builder& b = lowering.builder();
  const auto lower = [&](const LossTerm& term) {
    return lower_loss(b, *term.loss, lowering.output(term.output), b.function().find_parameter(term.target()));
  };
  const std::vector<LossTerm> terms = loss_terms(loaded.model);
  LoweredLoss total = lower(terms[0]);
  if (is_training || terms.size() > 1) total.sum = mean_of(b, total, options.batch_size);
  if (terms[0].weight() != 1) total.sum = b.mul(total.sum, terms[0].weight());
  for (const LossTerm& term : std::span(terms).subspan(1))
    total.sum = b.add(total.sum, b.mul(mean_of(b, lower(term), options.batch_size), term.weight()));
  if (is_training || terms.size() == 1) return total;
  total.sum = total.counted != nullptr ? b.mul(total.sum, total.counted)
                                       : b.mul(total.sum, static_cast<double>(options.batch_size));
  return total;
}

Status add_loss_function(LoweredModel* lowered, const LoadedModel& loaded, const LowerOptions& options, Mode mode) {
  const bool is_training = mode == Mode::kTraining;
  auto function = std::make_unique<Function>(is_training ? "loss" : "evaluate");
  FunctionLowering lowering(loaded, options, mode, *function);
  MINNOW_TRY(lowering.add_inputs());
  for (const TargetInfo& target : lowered->targets) function->add_parameter(target.name, target.type, Role::kInput);
  MINNOW_TRY(lowering.add_layers());

  lowering.builder().set_location({"loss"});
  const LoweredLoss loss = add_losses(lowering, loaded, options, is_training);
  function->add_result("loss", loss.sum);
  function->add_result("correct", loss.correct);
  if (loss.counted != nullptr) function->add_result("counted", loss.counted);
  for (const FunctionResult& update : lowering.scope().updates) function->add_result(update.name, update.value);
  if (is_training) describe(lowered, &lowering.scope());
  lowered->module.functions.push_back(std::move(function));
  return {};
}

Status add_infer_function(LoweredModel* lowered, const LoadedModel& loaded, const LowerOptions& options) {
  auto function = std::make_unique<Function>("infer");
  FunctionLowering lowering(loaded, options, Mode::kInference, *function);
  MINNOW_TRY(lowering.add_inputs());
  MINNOW_TRY(lowering.add_layers());
  lowering.builder().set_location({"prediction"});
  Value* output = lowering.output(loaded.model.output());
  function->add_result("prediction", lower_prediction(lowering.builder(), loaded.model.loss(), output));
  lowered->module.functions.push_back(std::move(function));
  return {};
}

}  // namespace

bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"target",  "seed",    "step",       "loss",
                                                      "correct", "counted", "prediction", "learning_rate"};
  return std::ranges::find(kNames, name) != kNames.end();
}

int64_t batch_size_for(const LoadedModel& loaded, int64_t wanted) {
  return loaded.program ? loaded.model.training().batch_size() : wanted;
}

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
  if (loaded.program) return lower_program(loaded, options);
  MINNOW_TRY(check_layers(loaded));
  LoweredModel lowered;
  MINNOW_ASSIGN(lowered.targets, find_targets(loaded, options));
  describe_predictions(&lowered, loaded.model);
  MINNOW_TRY(add_loss_function(&lowered, loaded, options, Mode::kTraining));
  MINNOW_TRY(add_loss_function(&lowered, loaded, options, Mode::kInference));
  MINNOW_TRY(add_infer_function(&lowered, loaded, options));
  return lowered;
}

}  // namespace minnow

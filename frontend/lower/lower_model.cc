#include "frontend/lower/lower_model.h"

#include <algorithm>
#include <array>
#include <span>

#include "frontend/load/mistakes.h"
#include "frontend/lower/function_lowering.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/lower_graph.h"
#include "frontend/lower/lower_loss.h"
#include "frontend/lower/lower_program.h"
#include "frontend/lower/trained_weights.h"
#include "frontend/onnx/import_graph.h"

namespace minnow {
namespace {

Status check_layers(const LoadedModel& loaded) {
  Mistakes found;
  for (int i = 0; i < loaded.model.layers_size(); ++i) {
    const auto check = layer_rule(loaded.model.layers(i)).check;
    if (check != nullptr) found.add(check(LayerFields(loaded, i)));
  }
  return found.status();
}

// What a function shares with the others; taken from @loss, in which everything occurs.
void describe(LoweredModel* lowered, FunctionScope* scope) {
  if (scope->loaded.graph) return describe_graph(lowered, scope);
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

Result<LoweredModel> lower_layers(const LoadedModel& loaded, const LowerOptions& options) {
  MINNOW_TRY(check_layers(loaded));
  LoweredModel lowered;
  MINNOW_ASSIGN(lowered.targets, find_targets(loaded, options));
  describe_predictions(&lowered, loaded.model);
  MINNOW_TRY(add_loss_function(&lowered, loaded, options, Mode::kTraining));
  MINNOW_TRY(add_loss_function(&lowered, loaded, options, Mode::kInference));
  MINNOW_TRY(add_infer_function(&lowered, loaded, options));
  return lowered;
}

}  // namespace

bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"target",  "seed",    "step",       "loss",
                                                      "correct", "counted", "prediction", "learning_rate"};
  return std::ranges::find(kNames, name) != kNames.end();
}

int64_t batch_size_for(const LoadedModel& loaded, int64_t wanted) {
  const bool is_fixed = loaded.program || (loaded.graph && fixed_batch(*loaded.graph) > 0);
  return is_fixed ? loaded.model.training().batch_size() : wanted;
}

std::vector<float> StateInfo::initial_values() const {
  if (values) return *values;
  return std::vector<float>(static_cast<size_t>(element_count(shape)), static_cast<float>(initial));
}

int64_t LoweredModel::weight_count() const {
  int64_t count = 0;
  for (const WeightInfo& weight : weights) count += element_count(weight.shape);
  return count;
}

int64_t LoweredModel::trained_count() const {
  int64_t count = 0;
  for (const WeightInfo& weight : weights) count += weight.is_frozen ? 0 : element_count(weight.shape);
  return count;
}

Result<LoweredModel> lower_model(const LoadedModel& loaded, const LowerOptions& options) {
  constexpr int64_t kLargestBatch = 65536;
  if (options.batch_size < 1 || options.batch_size > kLargestBatch)
    return complain(loaded, "training.batch_size", "batch size is {}, but must lie in [1, {}]", options.batch_size,
                    kLargestBatch);
  if (!loaded.has_loss()) return lower_graph(loaded, options);
  MINNOW_ASSIGN(LoweredModel lowered, loaded.program ? lower_program(loaded, options) : lower_layers(loaded, options));
  MINNOW_TRY(choose_trained_weights(loaded, lowered.weights));
  return lowered;
}

}  // namespace minnow

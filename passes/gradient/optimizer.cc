#include "passes/gradient/optimizer.h"

#include <algorithm>
#include <unordered_set>

#include "passes/gradient/autodiff.h"
#include "passes/gradient/optimizer_rules.h"
#include "passes/simplify/eliminate_dead_code.h"

namespace minnow {
namespace {

constexpr std::string_view kSharedLayer = "optimizer";

std::string layer_of(std::string_view weight) { return std::string(weight.substr(0, weight.rfind('.'))); }

// Those that are trained.
Result<std::vector<Value*>> weights_of(const Function& function, const OptimizerSpec& spec) {
  std::vector<Value*> weights;
  bool has_frozen = false;
  for (const auto& parameter : function.parameters()) {
    if (parameter->role != Role::kWeight) continue;
    const bool is_frozen = spec.frozen.contains(parameter->name);
    has_frozen = has_frozen || is_frozen;
    if (!is_frozen) weights.push_back(parameter.get());
  }
  if (weights.empty() && has_frozen)
    return fail_with_hint("", "every weight is frozen, so there is nothing to train",
                          "freeze fewer, such as all but those of the last layer");
  if (weights.empty()) return fail("", "@{}: there are no weights to train", function.name());
  return weights;
}

Status check_loss(const Function& loss) {
  if (loss.results().empty() || loss.results()[0].name != "loss")
    return fail("", "@{}: the first result must be named \"loss\" to build a training step", loss.name());
  return {};
}

Result<Value*> shared_scalar(Function& step, std::string_view name, DType dtype) {
  TensorType type{dtype, {}};
  Value* found = step.find_parameter(name);
  if (!found) return step.add_parameter(std::string(name), type, Role::kScalar);
  if (found->role == Role::kScalar && found->type == type) return found;
  return fail("", "@{}: parameter \"{}\" is {} {}, but training needs that name for its scalar {}", step.name(), name,
              role_name(found->role), found->type.to_string(), type.to_string());
}

// Names that the update is about to add must be free.
Status check_state_names(const Function& loss, const std::vector<Value*>& weights) {
  for (const Value* weight : weights)
    for (std::string_view suffix : {"momentum", "m", "v"})
      if (std::string name = fmt::format("{}.{}", weight->name, suffix); loss.find_parameter(name))
        return fail("", "@{}: parameter \"{}\" has the name of an optimiser state", loss.name(), name);
  return {};
}

void clip(const ClipByGlobalNorm& clip, std::vector<Value*>& gradients, Builder& b) {
  b.set_location({std::string(kSharedLayer), Phase::kUpdate});
  Value* total = nullptr;
  for (Value* g : gradients) {
    Value* part = squared_norm(g, b);
    total = total ? b.add(total, part) : part;
  }
  Value* ratio = b.div(b.like(total, clip.norm), b.add(b.sqrt(total), 1e-6));
  Value* scale = b.min(ratio, b.like(total, 1));
  for (Value*& g : gradients) g = b.mul(g, spread(scale, g, b));
}

void clip(const ClipByValue& clip, std::vector<Value*>& gradients, Builder& b) {
  b.set_location({std::string(kSharedLayer), Phase::kUpdate});
  for (Value*& g : gradients) g = b.min(b.max(g, b.like(g, -clip.value)), b.like(g, clip.value));
}

void clip(std::monostate, std::vector<Value*>&, Builder&) {}

const Adam* adam_of(const OptimizerSpec& spec) {
  if (auto* adam = std::get_if<Adam>(&spec.rule)) return adam;
  return std::get_if<AdamW>(&spec.rule);
}

Result<StepScalars> make_scalars(Function& step, const OptimizerSpec& spec, Builder& b) {
  b.set_location({std::string(kSharedLayer), Phase::kUpdate});
  StepScalars scalars;
  MINNOW_ASSIGN(scalars.learning_rate, shared_scalar(step, "learning_rate", DType::kF32));
  if (const Adam* adam = adam_of(spec)) {
    MINNOW_ASSIGN(Value * number, shared_scalar(step, "step", DType::kI32));
    scalars.correction1 = bias_correction(adam->beta1, number, b);
    scalars.correction2 = bias_correction(adam->beta2, number, b);
  }
  return scalars;
}

// With the weight's own learning rate.
StepScalars scalars_of(const OptimizerSpec& spec, const std::string& weight, StepScalars shared, Builder& b) {
  const auto factor = spec.learning_rate_factor.find(weight);
  if (factor != spec.learning_rate_factor.end()) shared.learning_rate = b.mul(shared.learning_rate, factor->second);
  return shared;
}

double decay_of(const OptimizerSpec& spec, const std::string& weight) {
  auto it = spec.weight_decay.find(weight);
  return it == spec.weight_decay.end() ? 0 : it->second;
}

Status answer_gradients(Function& step, const std::vector<Value*>& weights, const std::vector<Value*>& gradients) {
  std::unordered_set<std::string> taken;
  for (const FunctionResult& result : step.results()) taken.insert(result.name);
  for (size_t i = 0; i < weights.size(); ++i) {
    std::string name = "gradient." + weights[i]->name;
    if (step.find_parameter(name) != nullptr || !taken.insert(name).second)
      return fail("", "@{}: \"{}\" has the name of a gradient", step.name(), name);
    step.add_result(std::move(name), gradients[i]);
  }
  return {};
}

}  // namespace

Value* squared_norm(Value* x, Builder& b) {
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < x->type.rank(); ++i) dims.push_back(i);
  Value* wide = x->type.dtype == DType::kF64 ? x : b.convert(x, DType::kF64);
  Value* squares = b.mul(wide, wide);
  return dims.empty() ? squares : b.reduce_sum(squares, std::move(dims));
}

Result<std::unique_ptr<Function>> build_train_step(const Function& loss, const OptimizerSpec& spec) {
  MINNOW_TRY(check_loss(loss));
  std::unique_ptr<Function> step = loss.clone();
  MINNOW_ASSIGN(const std::vector<Value*> weights, weights_of(*step, spec));
  step->set_name("train_step");
  std::vector<Value*> gradients;
  MINNOW_TRY(check_state_names(loss, weights));
  MINNOW_TRY(differentiate(*step, step->results()[0].value, weights, gradients));

  if (spec.keep_gradients) MINNOW_TRY(answer_gradients(*step, weights, gradients));

  Builder b(*step);
  std::visit([&](const auto& kind) { clip(kind, gradients, b); }, spec.clip);
  MINNOW_ASSIGN(StepScalars scalars, make_scalars(*step, spec, b));
  std::vector<FunctionResult> new_state, new_weights;
  for (size_t i = 0; i < weights.size(); ++i) {
    b.set_location({layer_of(weights[i]->name), Phase::kUpdate});
    WeightUpdate update{weights[i], gradients[i], decay_of(spec, weights[i]->name), {}};
    const StepScalars own = scalars_of(spec, weights[i]->name, scalars, b);
    Value* weight = std::visit([&](const auto& rule) { return update_weight(rule, update, own, b); }, spec.rule);
    new_weights.push_back({weights[i]->name, weight});
    for (FunctionResult& state : update.new_state) new_state.push_back(std::move(state));
  }
  auto& results = step->results();
  results.insert(results.end(), new_state.begin(), new_state.end());
  results.insert(results.end(), new_weights.begin(), new_weights.end());
  eliminate_dead_code(*step);
  return step;
}

}  // namespace minnow

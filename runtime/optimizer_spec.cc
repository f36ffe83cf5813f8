#include "runtime/optimizer_spec.h"

namespace minnow {
namespace {

template <typename Rule>
Rule adam_rule(const spec::Adam& adam) {
  Rule rule;
  rule.beta1 = adam.beta1();
  rule.beta2 = adam.beta2();
  rule.epsilon = adam.epsilon();
  return rule;
}

}  // namespace

OptimizerSpec optimizer_spec(const spec::Training& training, const std::vector<WeightInfo>& weights) {
  OptimizerSpec spec;
  switch (training.optimizer_case()) {
    case spec::Training::kMomentum:
      spec.rule = Momentum{training.momentum().momentum(), training.momentum().nesterov()};
      break;
    case spec::Training::kAdam: spec.rule = adam_rule<Adam>(training.adam()); break;
    case spec::Training::kAdamw: spec.rule = adam_rule<AdamW>(training.adamw()); break;
    case spec::Training::kRmsprop: spec.rule = RmsProp{training.rmsprop().decay(), training.rmsprop().epsilon()}; break;
    case spec::Training::kSgd:
    case spec::Training::OPTIMIZER_NOT_SET: spec.rule = Sgd{}; break;
  }
  const spec::GradientClip& clip = training.clip();
  if (clip.kind_case() == spec::GradientClip::kGlobalNorm) spec.clip = ClipByGlobalNorm{clip.global_norm()};
  if (clip.kind_case() == spec::GradientClip::kValue) spec.clip = ClipByValue{clip.value()};
  for (const WeightInfo& weight : weights) {
    if (weight.decays && training.weight_decay() > 0) spec.weight_decay[weight.name] = training.weight_decay();
    if (weight.is_frozen) spec.frozen.insert(weight.name);
    if (weight.learning_rate_factor != 1) spec.learning_rate_factor[weight.name] = weight.learning_rate_factor;
  }
  return spec;
}

}  // namespace minnow

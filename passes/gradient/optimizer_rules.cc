#include "passes/gradient/optimizer_rules.h"

#include <cmath>

namespace minnow {
namespace {

Value* add_state(const WeightUpdate& update, std::string_view suffix, Builder& b) {
  return b.function().add_parameter(fmt::format("{}.{}", update.weight->name, suffix), update.weight->type,
                                    Role::kState);
}

Value* decayed_gradient(const WeightUpdate& update, Builder& b) {
  if (update.decay == 0) return update.gradient;
  return b.add(update.gradient, b.mul(update.weight, update.decay));
}

// old * rate + new * (1 - rate)
Value* moving_average(Value* old, Value* fresh, double rate, Builder& b) {
  return b.add(b.mul(old, rate), b.mul(fresh, 1 - rate));
}

// w - r * direction
Value* descend(Value* weight, Value* direction, const StepScalars& scalars, Builder& b) {
  return b.sub(weight, b.mul(spread(scalars.learning_rate, weight, b), direction));
}

Value* adam(const Adam& rule, Value* weight, Value* g, WeightUpdate& update, const StepScalars& scalars, Builder& b) {
  Value* old_m = add_state(update, "m", b);
  Value* old_v = add_state(update, "v", b);
  Value* m = moving_average(old_m, g, rule.beta1, b);
  Value* v = moving_average(old_v, b.mul(g, g), rule.beta2, b);
  update.new_state = {{old_m->name, m}, {old_v->name, v}};
  Value* unbiased_v = b.div(v, spread(scalars.correction2, v, b));
  Value* unbiased_m = b.div(m, spread(scalars.correction1, m, b));
  return descend(weight, b.div(unbiased_m, b.add(b.sqrt(unbiased_v), rule.epsilon)), scalars, b);
}

}  // namespace

Value* spread(Value* scalar, const Value* like, Builder& b) {
  if (scalar->type.dtype != like->type.dtype) scalar = b.convert(scalar, like->type.dtype);
  return like->type.rank() == 0 ? scalar : b.broadcast_scalar(scalar, like->type.shape);
}

Value* update_weight(const Sgd&, WeightUpdate& update, const StepScalars& scalars, Builder& b) {
  return descend(update.weight, decayed_gradient(update, b), scalars, b);
}

Value* update_weight(const Momentum& rule, WeightUpdate& update, const StepScalars& scalars, Builder& b) {
  Value* g = decayed_gradient(update, b);
  Value* old_v = add_state(update, "momentum", b);
  Value* v = b.add(b.mul(old_v, rule.momentum), g);
  update.new_state = {{old_v->name, v}};
  return descend(update.weight, rule.nesterov ? b.add(g, b.mul(v, rule.momentum)) : v, scalars, b);
}

Value* update_weight(const Adam& rule, WeightUpdate& update, const StepScalars& scalars, Builder& b) {
  return adam(rule, update.weight, decayed_gradient(update, b), update, scalars, b);
}

Value* update_weight(const AdamW& rule, WeightUpdate& update, const StepScalars& scalars, Builder& b) {
  Value* weight = update.weight;
  if (update.decay != 0) weight = descend(weight, b.mul(weight, update.decay), scalars, b);
  return adam(rule, weight, update.gradient, update, scalars, b);
}

Value* update_weight(const RmsProp& rule, WeightUpdate& update, const StepScalars& scalars, Builder& b) {
  Value* g = decayed_gradient(update, b);
  Value* old_v = add_state(update, "v", b);
  Value* v = moving_average(old_v, b.mul(g, g), rule.decay, b);
  update.new_state = {{old_v->name, v}};
  return descend(update.weight, b.div(g, b.add(b.sqrt(v), rule.epsilon)), scalars, b);
}

// With x = t log(beta) and T = tanh(x/2): 1 - exp(x) = -2T / (1 - T), and tanh keeps its relative precision
// near 0, where 1 - 0.999 in f32 has lost three digits.
Value* bias_correction(double beta, Value* step, Builder& b) {
  if (beta == 0) return b.constant({DType::kF32, {}}, 1);
  Value* t = b.add(b.convert(step, DType::kF32), 1);
  Value* tanh = b.unary(OpKind::kTanh, b.mul(t, std::log(beta) / 2));
  return b.div(b.mul(tanh, -2), b.sub(b.like(tanh, 1), tanh));
}

}  // namespace minnow

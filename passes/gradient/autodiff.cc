#include "passes/gradient/autodiff.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/loop.h"
#include "passes/gradient/vjp.h"
#include "passes/simplify/softmax_shift.h"

namespace minnow {
namespace {

constexpr auto kVjpRules = rule_table<VjpRule, VjpFn*>();

using ValueSet = std::unordered_set<const Value*>;

bool any_operand_in(const Op& op, const ValueSet& set) {
  return std::ranges::any_of(op.operands, [&](const Value* v) { return set.contains(v); });
}

ValueSet carried_descendants(const Op& loop, std::vector<Value*> seeds);

// `seeds` and everything computed from them, whatever the dtype.
ValueSet descendants(const Function& function, std::span<Value* const> seeds) {
  ValueSet reached(seeds.begin(), seeds.end());
  for (const auto& op : function.ops()) {
    if (!any_operand_in(*op, reached)) continue;
    std::vector<Value*> parameters;
    for (size_t i = 0; i < op->operands.size() && op->kind == OpKind::kLoop; ++i)
      if (reached.contains(op->operands[i])) parameters.push_back(op->body->parameters()[i].get());
    const ValueSet inside = op->kind == OpKind::kLoop ? carried_descendants(*op, parameters) : ValueSet();
    for (size_t i = 0; i < op->results.size(); ++i)
      if (op->kind != OpKind::kLoop || inside.contains(op->body->results()[i].value)) reached.insert(op->result(i));
  }
  return reached;
}

// What is computed from parameters of a loop's body, in the same iteration or a later one.
ValueSet carried_descendants(const Op& loop, std::vector<Value*> seeds) {
  const auto& attributes = loop.attr<LoopAttributes>();
  for (;;) {
    ValueSet reached = descendants(*loop.body, seeds);
    const size_t before = seeds.size();
    for (size_t i = 0; i < attributes.carry.size(); ++i) {
      Value* carried = loop.body->parameters()[carried_operand(attributes, i)].get();
      if (reached.contains(loop.body->results()[i].value) && !reached.contains(carried)) seeds.push_back(carried);
    }
    if (seeds.size() == before) return reached;
  }
}

ValueSet ancestors(const Function& function, std::span<const Seed> seeds) {
  ValueSet reached;
  for (const Seed& seed : seeds) reached.insert(seed.value);
  for (auto it = function.ops().rbegin(); it != function.ops().rend(); ++it) {
    bool needed = std::ranges::any_of((*it)->results, [&](const auto& r) { return reached.contains(r.get()); });
    if (needed) reached.insert((*it)->operands.begin(), (*it)->operands.end());
  }
  return reached;
}

std::string in_layer(const Op& op) {
  return op.location.layer.empty() ? std::string() : fmt::format("layer \"{}\": ", op.location.layer);
}

// Uses of every value as if the seeds' were results of the function, which they need not be.
UseMap uses_with_results(Function& function, std::span<const Seed> seeds) {
  for (const Seed& seed : seeds) function.add_result("", seed.value);
  UseMap uses(function);
  for (size_t i = 0; i < seeds.size(); ++i) function.results().pop_back();
  return uses;
}

class Differentiator {
 public:
  Differentiator(Function& function, std::span<const Seed> seeds, std::span<Value* const> wrt)
      : function_(function), builder_(function), uses_(uses_with_results(function, seeds)),
        active_(descendants(function, wrt)), ancestors_(ancestors(function, seeds)) {
    for (const auto& op : function.ops()) forward_.push_back(op.get());
    for (const Seed& seed : seeds) {
      builder_.set_location({seed.value->op ? seed.value->op->location.layer : "", Phase::kGradient});
      accumulate(seed.value, seed.cotangent ? seed.cotangent : builder_.like(seed.value, 1));
    }
  }

  Status run() {
    for (auto it = forward_.rbegin(); it != forward_.rend(); ++it) MINNOW_TRY(visit(**it));
    return {};
  }

  // nullptr: nothing was found to depend on the value.
  Value* cotangent(const Value* value) const {
    auto it = cotangents_.find(value);
    return it == cotangents_.end() ? nullptr : it->second;
  }

  Result<Value*> gradient_of(Value* value) {
    if (Value* found = cotangent(value)) return found;
    if (ancestors_.contains(value)) MINNOW_TRY(check_reachable(value));
    return builder_.like(value, 0);
  }

 private:
  bool reached(const Op& op) const {
    return std::ranges::any_of(op.results, [&](const auto& r) { return cotangent(r.get()) != nullptr; });
  }

  Status visit(Op& op) {
    if (!any_operand_in(op, active_) || !reached(op) || is_softmax_shift(op, uses_)) return {};
    builder_.set_location({op.location.layer, Phase::kGradient});
    std::vector<Value*> of_results;
    for (const auto& result : op.results) of_results.push_back(cotangent(result.get()));
    MINNOW_ASSIGN(const Cotangents parts, kVjpRules[static_cast<size_t>(op.kind)](op, of_results, builder_));
    MINNOW_CHECK(parts.size() == op.operands.size(), "VJP rule of {} answers {} cotangents for {} operands",
                 mnemonic(op.kind), parts.size(), op.operands.size());
    for (size_t i = 0; i < parts.size(); ++i)
      if (parts[i] && active_.contains(op.operands[i])) accumulate(op.operands[i], parts[i]);
    return {};
  }

  void accumulate(const Value* value, Value* part) {
    MINNOW_CHECK(part->type == value->type, "cotangent {} of a value {}", part->type.to_string(),
                 value->type.to_string());
    Value*& sum = cotangents_[value];
    sum = sum ? builder_.add(sum, part) : part;
  }

  // Why `value`, which the loss depends on, got no cotangent: names the op nearest the loss that stopped it.
  Status check_reachable(Value* value) const {
    Value* seed[] = {value};
    ValueSet below = descendants(function_, seed);
    for (auto it = forward_.rbegin(); it != forward_.rend(); ++it) {
      if (!reached(**it) || is_softmax_shift(**it, uses_) || !stops(**it, below)) continue;
      const Op& stop = blocking_op(**it, below);
      return fail("", "{}no gradient passes op {}, so \"{}\" would never learn", in_layer(stop), mnemonic(stop.kind),
                  value->name);
    }
    return {};
  }

  bool stops(const Op& op, const ValueSet& below) const {
    for (size_t i = 0; i < op.operands.size(); ++i)
      if (below.contains(op.operands[i]) && !cotangent(op.operands[i]) && reaches_loss(op, i)) return true;
    return false;
  }

  // Whether something that the loss depends on is computed from operand i: of a loop, not all need be.
  bool reaches_loss(const Op& op, size_t i) const {
    if (op.kind != OpKind::kLoop) return true;
    const ValueSet inside = carried_descendants(op, {op.body->parameters()[i].get()});
    for (size_t result = 0; result < op.results.size(); ++result)
      if (cotangent(op.result(result)) && inside.contains(op.body->results()[result].value)) return true;
    return false;
  }

  // An op that only reads an integer or a condition is not to blame; what made that integer is.
  const Op& blocking_op(const Op& op, const ValueSet& below) const {
    for (const Value* operand : op.operands)
      if (below.contains(operand) && operand->op && !is_float(operand->type.dtype)) return *operand->op;
    return op;
  }

  Function& function_;
  Builder builder_;
  UseMap uses_;
  ValueSet active_;
  ValueSet ancestors_;
  std::vector<Op*> forward_;
  std::unordered_map<const Value*, Value*> cotangents_;
};

}  // namespace

tl::unexpected<Error> cannot_differentiate(const Op& op) {
  return fail("", "{}op {} cannot be differentiated, but a weight's gradient needs it", in_layer(op),
              mnemonic(op.kind));
}

Result<std::vector<Value*>> backpropagate(Function& function, std::span<const Seed> seeds,
                                          std::span<Value* const> wrt) {
  Differentiator differentiator(function, seeds, wrt);
  MINNOW_TRY(differentiator.run());
  std::vector<Value*> cotangents;
  for (const Value* value : wrt) cotangents.push_back(differentiator.cotangent(value));
  return cotangents;
}

Status differentiate(Function& function, Value* scalar_result, std::vector<Value*> wrt,
                     std::vector<Value*>& gradients) {
  const TensorType& type = scalar_result->type;
  if (!is_float(type.dtype) || type.rank() != 0)
    return fail("", "@{}: only a float scalar can be differentiated, not {}", function.name(), type.to_string());
  const Seed seeds[] = {{scalar_result, nullptr}};
  Differentiator differentiator(function, seeds, wrt);
  MINNOW_TRY(differentiator.run());
  gradients.clear();
  for (Value* value : wrt) {
    MINNOW_ASSIGN(Value * gradient, differentiator.gradient_of(value));
    gradients.push_back(gradient);
  }
  return {};
}

}  // namespace minnow

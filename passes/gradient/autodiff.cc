#include "passes/gradient/autodiff.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "passes/gradient/vjp.h"
#include "passes/simplify/softmax_shift.h"

namespace minnow {
namespace {

constexpr auto kVjpRules = rule_table<VjpRule, VjpFn*>();

using ValueSet = std::unordered_set<const Value*>;

bool any_operand_in(const Op& op, const ValueSet& set) {
  return std::ranges::any_of(op.operands, [&](const Value* v) { return set.contains(v); });
}

// `seeds` and everything computed from them, whatever the dtype.
ValueSet descendants(const Function& function, std::span<Value* const> seeds) {
  ValueSet reached(seeds.begin(), seeds.end());
  for (const auto& op : function.ops())
    if (any_operand_in(*op, reached))
      for (const auto& result : op->results) reached.insert(result.get());
  return reached;
}

ValueSet ancestors(const Function& function, const Value* value) {
  ValueSet reached = {value};
  for (auto it = function.ops().rbegin(); it != function.ops().rend(); ++it) {
    bool needed = std::ranges::any_of((*it)->results, [&](const auto& r) { return reached.contains(r.get()); });
    if (needed) reached.insert((*it)->operands.begin(), (*it)->operands.end());
  }
  return reached;
}

std::string in_layer(const Op& op) {
  return op.location.layer.empty() ? std::string() : fmt::format("layer \"{}\": ", op.location.layer);
}

// Uses of every value as if `loss` were a result of the function, which it need not be.
UseMap uses_with_result(Function& function, Value* loss) {
  function.add_result("", loss);
  UseMap uses(function);
  function.results().pop_back();
  return uses;
}

class Differentiator {
 public:
  Differentiator(Function& function, Value* loss, std::span<Value* const> wrt)
      : function_(function), builder_(function), uses_(uses_with_result(function, loss)), loss_(loss),
        active_(descendants(function, wrt)), ancestors_(ancestors(function, loss)) {
    for (const auto& op : function.ops()) forward_.push_back(op.get());
  }

  Status run() {
    builder_.set_location({loss_->op ? loss_->op->location.layer : "", Phase::kGradient});
    cotangents_[loss_] = builder_.constant(loss_->type, 1);
    for (auto it = forward_.rbegin(); it != forward_.rend(); ++it) MINNOW_TRY(visit(**it));
    return {};
  }

  Result<Value*> gradient_of(Value* value) {
    if (Value* found = cotangent(value)) return found;
    if (ancestors_.contains(value)) MINNOW_TRY(check_reachable(value));
    return builder_.like(value, 0);
  }

 private:
  Value* cotangent(const Value* value) const {
    auto it = cotangents_.find(value);
    return it == cotangents_.end() ? nullptr : it->second;
  }

  bool reached(const Op& op) const {
    return std::ranges::any_of(op.results, [&](const auto& r) { return cotangent(r.get()) != nullptr; });
  }

  Status visit(const Op& op) {
    if (!any_operand_in(op, active_) || !reached(op) || is_softmax_shift(op, uses_)) return {};
    builder_.set_location({op.location.layer, Phase::kGradient});
    auto parts = kVjpRules[static_cast<size_t>(op.kind)](op, cotangent(op.result()), builder_);
    if (!parts)
      return fail("", "{}op {} cannot be differentiated, but a weight's gradient needs it", in_layer(op),
                  mnemonic(op.kind));
    MINNOW_CHECK(parts->size() == op.operands.size(), "VJP rule of {} answers {} cotangents for {} operands",
                 mnemonic(op.kind), parts->size(), op.operands.size());
    for (size_t i = 0; i < parts->size(); ++i)
      if ((*parts)[i] && active_.contains(op.operands[i])) accumulate(op.operands[i], (*parts)[i]);
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
    return std::ranges::any_of(op.operands, [&](const Value* v) { return below.contains(v) && !cotangent(v); });
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
  Value* loss_;
  ValueSet active_;
  ValueSet ancestors_;
  std::vector<const Op*> forward_;
  std::unordered_map<const Value*, Value*> cotangents_;
};

}  // namespace

Status differentiate(Function& function, Value* scalar_result, std::vector<Value*> wrt,
                     std::vector<Value*>& gradients) {
  const TensorType& type = scalar_result->type;
  if (!is_float(type.dtype) || type.rank() != 0)
    return fail("", "@{}: only a float scalar can be differentiated, not {}", function.name(), type.to_string());
  Differentiator differentiator(function, scalar_result, wrt);
  MINNOW_TRY(differentiator.run());
  gradients.clear();
  for (Value* value : wrt) {
    MINNOW_ASSIGN(Value * gradient, differentiator.gradient_of(value));
    gradients.push_back(gradient);
  }
  return {};
}

}  // namespace minnow

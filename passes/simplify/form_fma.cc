#include "passes/simplify/form_fma.h"

#include "ir/builder.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

Value* negated(Value* value, Builder& b) {
  const auto number = splat_of(value);
  return number ? b.like(value, -*number) : b.neg(value);
}

// Whether `sum` may compute `product`, one of its operands, itself.
bool may_compute(const Op& sum, const Value* product, const Value* other, const UseMap& uses) {
  const Op* op = match(product, OpKind::kMultiply);
  const bool may_leave_zero = match(other, OpKind::kMultiply) && (sum.kind != OpKind::kAdd || !is_float_gradient(sum));
  return op && is_float(sum.type().dtype) && op->location == sum.location && uses.count(product) == 1 &&
         !may_leave_zero;
}

// The operands of the fma that `sum` may become; empty if it may not.
std::vector<Value*> fma_operands(const Op& sum, const UseMap& uses, Builder& b) {
  const bool is_difference = sum.kind == OpKind::kSubtract;
  if (!is_difference && sum.kind != OpKind::kAdd) return {};
  Value *x = sum.operands[0], *y = sum.operands[1];
  if (may_compute(sum, x, y, uses)) {
    const std::vector<Value*>& factors = x->op->operands;
    return {factors[0], factors[1], is_difference ? negated(y, b) : y};
  }
  if (!may_compute(sum, y, x, uses)) return {};
  Value *p = y->op->operands[0], *q = y->op->operands[1];
  if (is_difference) (splat_of(q) ? q : p) = negated(splat_of(q) ? q : p, b);
  return {p, q, x};
}

}  // namespace

bool form_fma(Function& function) {
  const UseMap uses(function);
  bool changed = false;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Op& sum = **it;
    Builder b(function, it);
    b.set_location(sum.location);
    std::vector<Value*> operands = fma_operands(sum, uses, b);
    if (operands.empty()) continue;
    sum.remember(fmt::format("fma in place of {}, whose product nothing else reads", mnemonic(sum.kind)));
    sum.kind = OpKind::kMultiplyAdd;
    sum.operands = std::move(operands);
    changed = true;
  }
  return changed;
}

}  // namespace minnow

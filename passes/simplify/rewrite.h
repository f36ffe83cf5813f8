// Local rewriting: a rule looks at one op and what produces its operands, and answers the value that can
// stand for the op's result. Matchers read like the maths they stand for.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "ir/builder.h"

namespace minnow {

// nullptr: the rule does not apply. Ops built with `b` go right before `op` and have its location. A rule may
// only look backwards, at operands, and what it answers must be nearer to normal form, or rewriting would not
// end.
using RewriteFn = Value*(const Op& op, Builder& b);

// For root ops of `kind`.
struct RewriteRule {
  OpKind kind;
  RewriteFn* apply;
};

// Applies the rules, in list order, to every op of the function and to the ops they make until none applies.
bool rewrite(Function& function, std::span<const RewriteRule> rules);

// The op that makes `value` if it is a `kind`, otherwise nullptr.
const Op* match(const Value* value, OpKind kind);
// The operand of a one-operand op of `kind` that makes `value`, otherwise nullptr.
Value* match_unary(const Value* value, OpKind kind);
// Whether the op computes floats of the backward pass, where sums and products may be rounded otherwise.
bool is_float_gradient(const Op& op);
// The factors of `value` as a product: of those that are products themselves, and that `may_open`, theirs.
std::vector<Value*> factors_of(Value* value, const std::function<bool(const Op& product)>& may_open);
inline bool is_constant(const Value* value) { return match(value, OpKind::kConstant) != nullptr; }
// The one number that every element of a constant is, as its dtype holds it.
std::optional<double> splat_of(const Value* value);
// A splat equal to `number`; is_splat(v, 0) holds for -0 as well.
bool is_splat(const Value* value, double number);
// Whether a float value has no element that is -0, as far as is seen at once.
bool never_negative_zero(const Value* value);

}  // namespace minnow

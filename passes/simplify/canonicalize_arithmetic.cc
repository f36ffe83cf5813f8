#include <cmath>

#include "ir/threshold.h"
#include "passes/simplify/canonicalize_rules.h"

namespace minnow {
namespace {

Value* negated(const Value* v) { return match_unary(v, OpKind::kNegate); }

// x + v = x for every x that `x` can be.
bool adds_nothing(const Value* v, const Value* x) {
  if (!is_splat(v, 0)) return false;
  return !is_float(v->type.dtype) || std::signbit(*splat_of(v)) || never_negative_zero(x);
}

const Threshold kMaxExponent{"exponent of an exact reciprocal", 126};

// x - v = x
bool subtracts_nothing(const Value* v, const Value* x) {
  if (!is_splat(v, 0)) return false;
  return !is_float(v->type.dtype) || !std::signbit(*splat_of(v)) || never_negative_zero(x);
}

// v - x = -x
bool subtracting_negates(const Value* v) {
  return is_splat(v, 0) && (!is_float(v->type.dtype) || std::signbit(*splat_of(v)));
}

// 1/c, if it is exact in f32: c is a power of two and neither is subnormal.
std::optional<double> exact_reciprocal(const Value* v) {
  auto c = splat_of(v);
  if (!c || *c == 0 || !std::isfinite(*c)) return std::nullopt;
  int exponent = 0;
  bool power_of_two = std::abs(std::frexp(*c, &exponent)) == 0.5;
  if (!power_of_two || std::abs(exponent - 1) > kMaxExponent) return std::nullopt;
  return 1 / *c;
}

}  // namespace

Value* constant_to_right(const Op& op, OpKind mirrored, Builder& b) {
  Value *x = op.operands[0], *y = op.operands[1];
  return is_constant(x) && !is_constant(y) ? b.create(mirrored, {y, x}) : nullptr;
}

Value* canonicalize_add(const Op& op, Builder& b) {
  Value *x = op.operands[0], *y = op.operands[1];
  if (Value* swapped = constant_to_right(op, op.kind, b)) return swapped;
  if (adds_nothing(y, x)) return x;                           // x + -0 = x
  if (Value* minus_y = negated(y)) return b.sub(x, minus_y);  // x + -y = x - y
  if (Value* minus_x = negated(x)) return b.sub(y, minus_x);  // -x + y = y - x
  if (x == y && is_float(x->type.dtype)) return b.mul(x, 2);  // x + x = x * 2
  return nullptr;
}

Value* canonicalize_subtract(const Op& op, Builder& b) {
  Value *x = op.operands[0], *y = op.operands[1];
  if (subtracts_nothing(y, x)) return x;                        // x - 0 = x
  if (subtracting_negates(x)) return b.neg(y);                  // -0 - y = -y
  if (Value* minus_y = negated(y)) return b.add(x, minus_y);    // x - -y = x + y
  if (x == y && !is_float(x->type.dtype)) return b.like(x, 0);  // i - i = 0
  return nullptr;
}

Value* canonicalize_multiply(const Op& op, Builder& b) {
  Value *x = op.operands[0], *y = op.operands[1];
  if (Value* swapped = constant_to_right(op, op.kind, b)) return swapped;
  if (is_splat(y, 1)) return x;                              // x * 1 = x
  if (is_splat(y, -1)) return b.neg(x);                      // x * -1 = -x
  if (is_splat(y, 0) && !is_float(y->type.dtype)) return y;  // i * 0 = 0
  Value *minus_x = negated(x), *minus_y = negated(y);
  if (minus_x && minus_y) return b.mul(minus_x, minus_y);  // -x * -y = x * y
  auto c = splat_of(y);
  if (minus_x && c && is_float(y->type.dtype)) return b.mul(minus_x, -*c);  // -x * c = x * -c
  return nullptr;
}

Value* canonicalize_divide(const Op& op, Builder& b) {
  Value *x = op.operands[0], *y = op.operands[1];
  if (is_splat(y, 1)) return x;                                             // x / 1 = x
  if (is_splat(y, -1)) return b.neg(x);                                     // x / -1 = -x
  if (auto reciprocal = exact_reciprocal(y)) return b.mul(x, *reciprocal);  // x / 2^k = x * 2^-k
  Value *minus_x = negated(x), *minus_y = negated(y);
  if (minus_x && minus_y) return b.div(minus_x, minus_y);  // -x / -y = x / y
  return nullptr;
}

Value* canonicalize_negate(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (Value* y = negated(x)) return y;  // --y = y
  const Op* product = match(x, OpKind::kMultiply);
  auto c = product ? splat_of(product->operands[1]) : std::nullopt;
  if (c && is_float(x->type.dtype)) return b.mul(product->operands[0], -*c);  // -(y * c) = y * -c
  return nullptr;
}

Value* canonicalize_abs(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (match(x, OpKind::kAbs) || match(x, OpKind::kExp) || match(x, OpKind::kSigmoid)) return x;  // ||y|| = |y|
  if (Value* y = negated(x)) return b.unary(OpKind::kAbs, y);                                    // |-y| = |y|
  return nullptr;
}

Value* canonicalize_floor(const Op& op, Builder&) {
  Value* x = op.operands[0];
  return match(x, OpKind::kFloor) ? x : nullptr;
}

Value* canonicalize_extremum(const Op& op, Builder& b) {
  Value *x = op.operands[0], *y = op.operands[1];
  if (Value* swapped = constant_to_right(op, op.kind, b)) return swapped;
  if (x == y) return x;  // max(x, x) = x
  const Op* inner = match(x, op.kind);
  auto c = splat_of(y);
  const auto same = inner ? splat_of(inner->operands[1]) : std::nullopt;
  const bool is_again = c && same && *same == *c && std::signbit(*same) == std::signbit(*c);
  return is_again ? x : nullptr;  // max(max(x, c), c) = max(x, c)
}

Value* canonicalize_power(const Op& op, Builder& b) {
  Value *x = op.operands[0], *p = op.operands[1];
  if (is_splat(p, 0)) return b.like(x, 1);  // x^0 = 1, NaN^0 too
  if (is_splat(p, 1)) return x;
  if (is_splat(p, 2)) return b.mul(x, x);
  if (is_splat(p, 3)) return b.mul(b.mul(x, x), x);
  if (is_splat(p, -1)) return b.div(b.like(x, 1), x);
  return nullptr;
}

}  // namespace minnow

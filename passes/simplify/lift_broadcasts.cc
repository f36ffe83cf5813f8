#include "passes/simplify/lift_broadcasts.h"

#include <algorithm>
#include <array>

#include "passes/simplify/match_centred.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

const std::vector<int64_t>& dimensions(const Op& op) { return op.attr<DimsAttributes>().dims; }

bool is_summed(const Op& sum, int64_t dim) { return std::ranges::find(dimensions(sum), dim) != dimensions(sum).end(); }

// Whether all elements that go into one element of the sum are the same number of `value`.
bool is_shared(const Value* value, const Op& sum) {
  if (is_constant(value)) return splat_of(value).has_value();
  const Op* broadcast = match(value, OpKind::kBroadcast);
  return broadcast != nullptr && value->type.elements() > 0 &&
         std::ranges::none_of(dimensions(*broadcast), [&](int64_t dim) { return is_summed(sum, dim); });
}

// That number, in the shape of the sum.
Value* shared_number(const Value* value, const Op& sum, Builder& b) {
  if (const auto number = splat_of(value)) return b.like(sum.result(), *number);
  std::vector<int64_t> kept;
  for (const int64_t dim : dimensions(*value->op))
    kept.push_back(dim - std::ranges::count_if(dimensions(sum), [&](int64_t other) { return other < dim; }));
  Value* narrow = value->op->operands[0];
  const bool is_whole = narrow->type.rank() == sum.type().rank() && std::ranges::is_sorted(kept);
  return is_whole ? narrow : b.broadcast(narrow, kept, sum.type().shape);
}

// Whether a sum over `dims` has nothing but rounding: of what its mean is taken from.
bool sums_up_to_zero(const Value* value, const std::vector<int64_t>& dims) {
  const std::optional<Centred> centred = match_centred(value);
  return centred && std::ranges::is_permutation(dimensions(*centred->sum), dims);
}

// Σ x·c·y → c·Σ x·y
Value* lift_factors(const Op& op, Builder& b) {
  std::vector<Value*> factors = factors_of(op.operands[0], is_float_gradient);
  const auto shared = std::ranges::stable_partition(factors, [&](const Value* v) { return !is_shared(v, op); });
  if (shared.empty() || shared.size() == factors.size()) return nullptr;
  Value* rest = factors[0];
  for (auto it = factors.begin() + 1; it != shared.begin(); ++it) rest = b.mul(rest, *it);
  if (sums_up_to_zero(rest, dimensions(op))) return b.like(op.result(), 0);
  Value* result = b.reduce_sum(rest, dimensions(op));
  for (const Value* factor : shared) result = b.mul(result, shared_number(factor, op, b));
  return result;
}

// Σ x·c → c·Σ x, Σ x/c → (Σ x)/c, Σ -x → -Σ x, Σ (x + x) → 2·Σ x, Σ (x - mean of x) → 0
Value* lift_from_sum(const Op& op, Builder& b) {
  if (!is_float_gradient(op)) return nullptr;
  if (sums_up_to_zero(op.operands[0], dimensions(op))) return b.like(op.result(), 0);
  if (Value* x = match_unary(op.operands[0], OpKind::kNegate)) return b.neg(b.reduce_sum(x, dimensions(op)));
  if (const Op* twice = match(op.operands[0], OpKind::kAdd); twice && twice->operands[0] == twice->operands[1])
    return b.mul(b.reduce_sum(twice->operands[0], dimensions(op)), 2);
  const Op* quotient = match(op.operands[0], OpKind::kDivide);
  if (quotient == nullptr) return lift_factors(op, b);
  if (!is_shared(quotient->operands[1], op)) return nullptr;
  return b.div(b.reduce_sum(quotient->operands[0], dimensions(op)), shared_number(quotient->operands[1], op, b));
}

// A product with a broadcast on either side; x is nullptr: it is none.
struct Scaled {
  Value* x = nullptr;
  const Op* broadcast = nullptr;
};

Scaled match_scaled(const Op& product) {
  Value *x = product.operands[0], *y = product.operands[1];
  if (const Op* broadcast = match(y, OpKind::kBroadcast)) return {x, broadcast};
  if (const Op* broadcast = match(x, OpKind::kBroadcast)) return {y, broadcast};
  return {};
}

// (x·b1)·b2 → x·(b1·b2)
Value* join_factors(const Op& op, Builder& b) {
  const Scaled outer = match_scaled(op);
  const Op* product = outer.x ? match(outer.x, OpKind::kMultiply) : nullptr;
  const Scaled inner = product ? match_scaled(*product) : Scaled{};
  if (!is_float_gradient(op) || !inner.x || dimensions(*inner.broadcast) != dimensions(*outer.broadcast))
    return nullptr;
  Value* joined = b.mul(inner.broadcast->operands[0], outer.broadcast->operands[0]);
  return b.mul(inner.x, b.broadcast(joined, dimensions(*inner.broadcast), op.type().shape));
}

// One of the operands that a commutative op has, and the other one.
struct Sides {
  Value *one, *other;
};

std::array<Sides, 2> both_ways(const Op& op) {
  return {Sides{op.operands[0], op.operands[1]}, Sides{op.operands[1], op.operands[0]}};
}

// Of the sum of a quotient and of what its row has in common, broadcast(-Σ (x/b)·p) with p = e/b: the op that sums up
// and p. nullptr: it is none.
struct SharedTerm {
  const Op* sum = nullptr;
  Value* p = nullptr;
};

SharedTerm match_shared_term(const Value* term, const Op& quotient, const Value* e) {
  const Op* spread = match(term, OpKind::kBroadcast);
  const Op* minus = spread ? match(spread->operands[0], OpKind::kNegate) : nullptr;
  const Op* sum = minus ? match(minus->operands[0], OpKind::kReduceSum) : nullptr;
  const Op* product = sum ? match(sum->operands[0], OpKind::kMultiply) : nullptr;
  if (product == nullptr || !is_float_gradient(*sum)) return {};
  const Op* divisor = match(quotient.operands[1], OpKind::kBroadcast);
  if (divisor == nullptr || dimensions(*divisor) != dimensions(*spread) || !is_shared(quotient.operands[1], *sum))
    return {};
  for (const auto [dp, p] : both_ways(*product)) {
    const Op* share = match(p, OpKind::kDivide);
    if (dp == quotient.result() && share && share->operands[0] == e && share->operands[1] == quotient.operands[1])
      return {sum, p};
  }
  return {};
}

// (x/b + broadcast(-Σ (x/b)·p))·e → (x + broadcast(-Σ x·p))·p, with p = e/b
Value* multiply_by_shares(const Op& op, Builder& b) {
  if (!is_float_gradient(op)) return nullptr;
  for (const auto [factor, e] : both_ways(op)) {
    const Op* sum = match(factor, OpKind::kAdd);
    if (sum == nullptr || !is_float_gradient(*sum)) continue;
    for (const auto [first, term] : both_ways(*sum)) {
      const Op* quotient = match(first, OpKind::kDivide);
      const SharedTerm shared = quotient ? match_shared_term(term, *quotient, e) : SharedTerm{};
      if (shared.sum == nullptr) continue;
      Value* x = quotient->operands[0];
      Value* row = b.neg(b.reduce_sum(b.mul(x, shared.p), dimensions(*shared.sum)));
      return b.mul(b.add(x, b.broadcast(row, dimensions(*term->op), op.type().shape)), shared.p);
    }
  }
  return nullptr;
}

// x/sqrt(y) → x·(1/sqrt(y))
Value* multiply_by_reciprocal(const Op& op, Builder& b) {
  const Op* broadcast = match(op.operands[1], OpKind::kBroadcast);
  if (!broadcast || !match(broadcast->operands[0], OpKind::kSqrt)) return nullptr;
  Value* root = broadcast->operands[0];
  Value* reciprocal = b.div(b.like(root, 1), root);
  return b.mul(op.operands[0], b.broadcast(reciprocal, dimensions(*broadcast), op.type().shape));
}

constexpr RewriteRule kRules[] = {
    {OpKind::kReduceSum, lift_from_sum},
    {OpKind::kMultiply, join_factors},
    {OpKind::kMultiply, multiply_by_shares},
    {OpKind::kDivide, multiply_by_reciprocal},
};

}  // namespace

bool lift_broadcasts(Function& function) { return rewrite(function, kRules); }

}  // namespace minnow

// Vector-Jacobian products: one rule per op kind. Given an op y = f(x...) and the cotangent of y (the
// gradient of the loss with respect to y), a rule emits the cotangent of every operand as ordinary IR.
//
// Conventions where a derivative does not exist:
//   abs'(0) = 0 and sign, floor and comparisons have gradient zero everywhere;
//   max(a, b) and min(a, b) give a tie to b, so relu(x) = max(x, 0) has relu'(0) = 0, and a clamp written
//     min(max(x, low), high) has gradient zero at both of its bounds;
//   reduce_max shares the cotangent equally among all elements that are largest;
//   window_max gives it to the first largest element of each window;
//   pow'(x, 0) = 0, and the gradient of pow(0, b) with respect to b >= 0 is 0.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ir/builder.h"

namespace minnow {

// One per operand; nullptr where the gradient is zero or the operand is not a float.
using Cotangents = std::vector<Value*>;

// `cotangents` has one per result of `op`, nullptr where the loss does not depend on it. A rule may have the op give
// further results. An error: this op cannot be differentiated, but the loss reaches a weight through it.
using VjpFn = Result<Cotangents>(Op& op, std::span<Value* const> cotangents, Builder& b);

template <OpKind>
struct VjpRule;

#define MINNOW_OP(kind, ...)                                                                    \
  template <>                                                                                   \
  struct VjpRule<OpKind::k##kind> {                                                             \
    static Result<Cotangents> apply(Op& op, std::span<Value* const> cotangents, Builder& b);    \
    static std::optional<Cotangents> of_one_result(const Op& op, Value* cotangent, Builder& b); \
  };
#include "ir/ops.def"

tl::unexpected<Error> cannot_differentiate(const Op& op);

// Defines the rule of an op kind of one result; `op`, `dy` and `b` are in scope. nullopt: it cannot be differentiated.
#define MINNOW_VJP(kind)                                                                                       \
  Result<Cotangents> VjpRule<OpKind::k##kind>::apply(Op& op, std::span<Value* const> cotangents, Builder& b) { \
    auto parts = of_one_result(op, cotangents[0], b);                                                          \
    if (!parts) return cannot_differentiate(op);                                                               \
    return *std::move(parts);                                                                                  \
  }                                                                                                            \
  std::optional<Cotangents> VjpRule<OpKind::k##kind>::of_one_result(                                           \
      [[maybe_unused]] const Op& op, [[maybe_unused]] Value* dy, [[maybe_unused]] Builder& b)

// A value and the cotangent that it has from outside of the function; nullptr: 1.
struct Seed {
  Value* value;
  Value* cotangent;
};

// Appends to `function`, whose values the seeds' are, the cotangents of `wrt`: one each, nullptr where the seeds do not
// depend on it.
Result<std::vector<Value*>> backpropagate(Function& function, std::span<const Seed> seeds, std::span<Value* const> wrt);

inline std::optional<Cotangents> no_gradient(const Op& op) { return Cotangents(op.operands.size(), nullptr); }

}  // namespace minnow

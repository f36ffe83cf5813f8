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
#include <vector>

#include "ir/builder.h"

namespace minnow {

// One per operand; nullptr where the gradient is zero or the operand is not a float.
using Cotangents = std::vector<Value*>;

// nullopt: this op cannot be differentiated, and a loss that reaches a weight through it is an error.
using VjpFn = std::optional<Cotangents>(const Op& op, Value* cotangent, Builder& b);

template <OpKind>
struct VjpRule;

#define MINNOW_OP(kind, ...)                                                            \
  template <>                                                                           \
  struct VjpRule<OpKind::k##kind> {                                                     \
    static std::optional<Cotangents> apply(const Op& op, Value* cotangent, Builder& b); \
  };
#include "ir/ops.def"

// Defines the rule of one op kind; `op`, `dy` and `b` are in scope.
#define MINNOW_VJP(kind)                                                                                               \
  std::optional<Cotangents> VjpRule<OpKind::k##kind>::apply([[maybe_unused]] const Op& op, [[maybe_unused]] Value* dy, \
                                                            [[maybe_unused]] Builder& b)

inline std::optional<Cotangents> no_gradient(const Op& op) { return Cotangents(op.operands.size(), nullptr); }

}  // namespace minnow

// The rewrites of canonicalize, grouped by root op; part of canonicalize.cc.
#pragma once

#include "passes/simplify/rewrite.h"

namespace minnow {

// canonicalize_arithmetic.cc
Value* canonicalize_add(const Op& op, Builder& b);
Value* canonicalize_subtract(const Op& op, Builder& b);
Value* canonicalize_multiply(const Op& op, Builder& b);
Value* canonicalize_divide(const Op& op, Builder& b);
Value* canonicalize_negate(const Op& op, Builder& b);
Value* canonicalize_abs(const Op& op, Builder& b);
Value* canonicalize_floor(const Op& op, Builder& b);
Value* canonicalize_extremum(const Op& op, Builder& b);  // max, min
Value* canonicalize_power(const Op& op, Builder& b);

// canonicalize_logic.cc
Value* canonicalize_compare(const Op& op, Builder& b);  // eq, ne, lt, le, gt, ge
Value* canonicalize_and(const Op& op, Builder& b);
Value* canonicalize_or(const Op& op, Builder& b);
Value* canonicalize_not(const Op& op, Builder& b);
Value* canonicalize_select(const Op& op, Builder& b);
Value* canonicalize_convert(const Op& op, Builder& b);

// canonicalize_index_map.cc
Value* canonicalize_broadcast(const Op& op, Builder& b);
Value* canonicalize_reshape(const Op& op, Builder& b);
Value* canonicalize_transpose(const Op& op, Builder& b);
Value* canonicalize_reverse(const Op& op, Builder& b);
Value* canonicalize_slice(const Op& op, Builder& b);
Value* canonicalize_pad(const Op& op, Builder& b);
Value* canonicalize_concat(const Op& op, Builder& b);
Value* canonicalize_sum_of_pads(const Op& add, Builder& b);
Value* canonicalize_reduce(const Op& op, Builder& b);  // reduce_sum, reduce_max

// canonicalize_dot.cc
Value* canonicalize_dot(const Op& op, Builder& b);

// The op with its constant operand, if it has just one, on the right; nullptr if it is there already.
Value* constant_to_right(const Op& op, OpKind mirrored, Builder& b);

}  // namespace minnow

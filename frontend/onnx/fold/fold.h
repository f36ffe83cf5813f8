// Works out nodes whose operands are known: shapes, and what is computed with them.
#pragma once

#include <cmath>

#include "frontend/onnx/node_scope.h"

namespace minnow {

// Whether the node's results are known now. Without a rule here, or where there are too many elements, it is made of
// ops.
bool fold_node(NodeScope& n);

// Refuses strings as an operand of an operator that makes nothing of them, and more of them than can be worked with as
// fast as a node is imported. Those that take them work them out: strings are known when a graph is read, or not at
// all.
void require_strings_are_taken(const NodeScope& n);

namespace onnx_fold {

// Each answers whether it has given the results.
using Rule = bool(NodeScope& n);
Rule unary, binary, compare, logical, where, cast, cast_like;
Rule reshape, transpose, concat, slice, split, gather, gather_elements, expand, tile, range, constant_of_shape;
Rule reduce, non_zero, unique, arg;

// Of strings, an element counting as one byte more.
inline constexpr size_t kMostStringBytes = size_t{1} << 24;

// NaN if either is, as the IR has it.
inline double larger_of(double a, double b) { return std::isnan(a) || a > b ? a : b; }
inline double smaller_of(double a, double b) { return std::isnan(a) || a < b ? a : b; }

// Whole numbers up to here are exact in double.
inline constexpr double kExact = 9007199254740992.0;

// Few enough to be worked out here.
inline bool is_small(const Shape& shape) {
  constexpr int64_t kMostMade = int64_t{1} << 22;
  const auto count = checked_element_count(shape);
  return count && *count <= kMostMade;
}

// Elements place(0), place(1), ... of x, in this shape.
template <typename Place>
HostTensor pick(const HostTensor& x, Shape shape, Place place) {
  HostTensor y = HostTensor::zeros(x.type, std::move(shape));
  for (size_t i = 0; i < y.held(); ++i) y.set(i, x, place(i));
  return y;
}

// Where element i of a tensor of `shape` lies in one of `from`, which is broadcast to it.
size_t place_in(const Shape& from, const Shape& shape, size_t i);

}  // namespace onnx_fold
}  // namespace minnow

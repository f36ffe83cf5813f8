// What nodes that move elements say of shapes, however their version says it: for rules and for what is worked out.
#pragma once

#include "frontend/onnx/node_scope.h"

namespace minnow {

// The result of Reshape, Flatten, Squeeze or Unsqueeze of input 0.
Shape reshaped(const NodeScope& n);

// Elements start, start + step, ... of one axis, `count` of them; the step may be negative.
struct SliceRange {
  int64_t axis;
  int64_t start;
  int64_t count;
  int64_t step;
};
std::vector<SliceRange> slice_ranges(const NodeScope& n);

// Sizes of the parts of Split along its axis.
Dims split_sizes(const NodeScope& n, int64_t size);

// Of a Transpose, each axis from 0 on; they are in reverse by default.
Dims permutation_of(const NodeScope& n);

// What an Expand of input 0, or a Tile, makes.
Shape expanded(const NodeScope& n);
Dims repeats_of(const NodeScope& n);

// Indices counted from the end where they are negative; beyond `size` they are refused.
std::vector<size_t> indices_below(const HostTensor& indices, int64_t size);

// The count of a Range.
int64_t range_count(double start, double limit, double delta);

}  // namespace minnow

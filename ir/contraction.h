// Every product of the language as one thing, a table of axes:
//
//   y[map_y] = sum over the depth axes of a[map_a] * b[map_b]
//
// where each coordinate of a, b and y is affine in the axes. dot with its batch, convolutions in any number of
// dimensions, their gradients, grouped or not, are rows of this table.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/function.h"

namespace minnow {

struct Axis {
  // Which of the three it moves: all; a and y; b and y; a and b, so that it is summed over.
  enum class Kind : uint8_t { kBatch, kRow, kColumn, kDepth };
  Kind kind;
  int64_t extent;
};

// (offset + sum of axis * scale) / divisor. Where that does not divide, or lies outside of the tensor, the element is
// zero: the padding of a convolution, and the places between those that a stride spreads out.
struct AffineCoord {
  struct Term {
    size_t axis;
    int64_t scale = 1;
  };
  std::vector<Term> terms;
  int64_t offset = 0, divisor = 1;

  int64_t scale_of(size_t axis) const;
};
using AffineMap = std::vector<AffineCoord>;  // one for each dimension of a tensor

struct Contraction {
  std::vector<Axis> axes;
  AffineMap a, b, y;

  std::vector<size_t> axes_of(Axis::Kind kind) const;
  int64_t extent_of(Axis::Kind kind) const;  // of all axes of the kind together
  Axis::Kind kind_of(const AffineCoord& coord) const { return axes[coord.terms.back().axis].kind; }
  // Whether windows slide over a, which then moves along two axes in a dimension: pixels of what they are of, and
  // places of the window. Pixels are rows, or in a gradient of the window itself the depth.
  bool has_windows() const;
  bool sums_pixels() const;
};

// Of a dot or a convolution of any of the three kinds.
Contraction contraction_of(const Op& op);

// Floating-point operations of contractions, a multiply-add counting two, as convolutions without padding would need
// them: of the op itself, or of what its body holds, as often as that runs; of all ops of a function.
double contraction_flops(const Op& op);
double contraction_flops(const Function& function);

// The smallest and the largest (offset + sum of axis * scale), the axes of these extents.
struct CoordSpan {
  int64_t low, high;
};
CoordSpan span_of(const AffineCoord& coord, const std::vector<Axis>& axes);
// In dimension `dim` of a, how many pairs of a pixel and a place of its window meet one of the tensor's elements.
int64_t taps_inside(const Contraction& contraction, const Shape& a, size_t dim);
// Whether every element that it names is one of the tensor's.
bool stays_inside(const AffineMap& map, const std::vector<Axis>& axes, const Shape& shape);

// The same without divisors: as many contractions as there are places in a stride, each of those elements of y that
// meet the same elements of b. Some may have no depth, whose elements are zero.
std::vector<Contraction> phases_of(const Contraction& contraction);

}  // namespace minnow

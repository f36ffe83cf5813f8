// What the reference kernels have in common: element types, index spaces, and the order of numbers with NaN.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "interpreter/element_type.h"
#include "interpreter/tensor.h"
#include "ir/type.h"

namespace minnow {

// As with_type, where type inference lets only floats through.
template <typename Use>
void with_float_type(DType dtype, Use use) {
  MINNOW_CHECK(is_float(dtype), "{} is not a float", dtype_name(dtype));
  return dtype == DType::kF32 ? use(float{}) : use(double{});
}

// What arithmetic on T is done in: T for floats; for integers a type in which nothing overflows, so that the
// cast back to T wraps around.
template <typename T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, T, int64_t>;

template <typename T>
bool is_nan(T value) {
  return value != value;
}

// NaN counts as larger than all else.
template <typename T>
bool is_larger(T a, T b) {
  return a > b || (is_nan(a) && !is_nan(b));
}

// NaN if either is; of two zeros +0.
template <typename T>
T larger_of(T a, T b) {
  if (a == b) return std::signbit(static_cast<double>(a)) ? b : a;
  return is_larger(a, b) ? a : b;
}

// NaN if either is; of two zeros -0.
template <typename T>
T smaller_of(T a, T b) {
  if (a == b) return std::signbit(static_cast<double>(a)) ? a : b;
  return a < b || is_nan(a) ? a : b;
}

template <typename T>
constexpr T lowest_value() {
  if constexpr (std::is_floating_point_v<T>) return -std::numeric_limits<T>::infinity();
  return std::numeric_limits<T>::lowest();
}

// Where the element of an index lies: offset + sum over i of index[i] * strides[i].
struct AffineMap {
  int64_t offset = 0;
  std::vector<int64_t> strides;

  static AffineMap row_major(const Shape& shape) { return {0, row_major_strides(shape)}; }
};

// Calls visit(a, b) with the positions that two maps give each index below `shape`, in row-major order.
template <typename Visit>
void for_each_index(const Shape& shape, const AffineMap& a, const AffineMap& b, Visit visit) {
  std::array<int64_t, kMaxRank> index{};
  int64_t at_a = a.offset;
  int64_t at_b = b.offset;
  for (int64_t left = element_count(shape); left > 0; --left) {
    visit(at_a, at_b);
    for (size_t d = shape.size(); d-- > 0;) {
      at_a += a.strides[d];
      at_b += b.strides[d];
      if (++index[d] < shape[d]) break;
      at_a -= shape[d] * a.strides[d];
      at_b -= shape[d] * b.strides[d];
      index[d] = 0;
    }
  }
}

// A tensor seen as [outer, size, inner], with `size` its dimension `dim`.
struct DimSplit {
  int64_t outer = 1;
  int64_t size = 1;
  int64_t inner = 1;
};
inline DimSplit split_at(const Shape& shape, int64_t dim) {
  const auto middle = shape.begin() + dim;
  return {element_count({shape.begin(), middle}), *middle, element_count({middle + 1, shape.end()})};
}

}  // namespace minnow

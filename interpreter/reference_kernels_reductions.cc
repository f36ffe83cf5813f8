// Many elements of the operand into one of the result, or into each along a dimension.
#include <algorithm>
#include <numeric>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"

namespace minnow {
namespace {

// Where the result keeps what an index of the operand goes into: its dimensions without `dims`.
AffineMap kept_dimensions(const Tensor& operand, const Tensor& result, const std::vector<int64_t>& dims) {
  const std::vector<int64_t> strides = row_major_strides(result.type().shape);
  AffineMap map;
  size_t kept = 0;
  for (int64_t d = 0; d < operand.type().rank(); ++d) {
    const bool is_reduced = std::ranges::find(dims, d) != dims.end();
    map.strides.push_back(is_reduced ? 0 : strides[kept++]);
  }
  return map;
}

// result = combine(result, element) for each element in turn, from `start` on.
template <typename T, typename Combine>
void reduce(const KernelCall& call, T start, Combine combine) {
  const std::span<const T> from = call.operand().as<T>();
  const std::span<T> to = call.result().as<T>();
  std::ranges::fill(to, start);
  const Shape& shape = call.operand().type().shape;
  for_each_index(shape, AffineMap::row_major(shape),
                 kept_dimensions(call.operand(), call.result(), call.op.attr<DimsAttributes>().dims),
                 [&](int64_t at_from, int64_t at_to) { to[at_to] = combine(to[at_to], from[at_from]); });
}

// The first index of the largest of `size` elements that lie `stride` apart.
template <typename T>
int64_t index_of_largest(const T* elements, int64_t size, int64_t stride) {
  int64_t best = 0;
  for (int64_t i = 1; i < size; ++i)
    if (is_larger(elements[i * stride], elements[best * stride])) best = i;
  return best;
}

// Whether a comes before b. NaNs come last, whatever the order of the numbers.
template <typename T>
bool sorts_before(T a, T b, bool descending) {
  if (is_nan(a) || is_nan(b)) return !is_nan(a) && is_nan(b);
  return descending ? b < a : a < b;
}

}  // namespace

void ReferenceKernel<OpKind::kReduceSum>::apply(const KernelCall& call) {
  with_type(call.result().type().dtype, [&]<typename T>(T) {
    reduce(call, T{0}, [](T sum, T x) { return static_cast<T>(Wide<T>{sum} + Wide<T>{x}); });
  });
}

void ReferenceKernel<OpKind::kReduceMax>::apply(const KernelCall& call) {
  with_type(call.result().type().dtype, [&]<typename T>(T) {
    reduce(call, lowest_value<T>(), [](T largest, T x) { return larger_of(largest, x); });
  });
}

void ReferenceKernel<OpKind::kArgMax>::apply(const KernelCall& call) {
  const Tensor& x = call.operand();
  const DimSplit split = split_at(x.type().shape, call.op.attr<DimAttributes>().dim);
  const std::span<int32_t> result = call.result().as<int32_t>();
  with_type(x.type().dtype, [&]<typename T>(T) {
    const T* elements = x.as<T>().data();
    for (int64_t i = 0; i < split.outer * split.inner; ++i) {
      const T* first = elements + i / split.inner * split.size * split.inner + i % split.inner;
      result[i] = static_cast<int32_t>(index_of_largest(first, split.size, split.inner));
    }
  });
}

// As many sums as elements: each of those up to it along `dim`.
void ReferenceKernel<OpKind::kCumSum>::apply(const KernelCall& call) {
  const DimSplit split = split_at(call.operand().type().shape, call.op.attr<DimAttributes>().dim);
  with_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> from = call.operand().as<T>();
    const std::span<T> to = call.result().as<T>();
    for (int64_t column = 0; column < split.outer * split.inner; ++column) {
      T sum{0};
      for (int64_t i = 0; i < split.size; ++i) {
        const int64_t at = (column / split.inner * split.size + i) * split.inner + column % split.inner;
        to[at] = sum = static_cast<T>(Wide<T>{sum} + Wide<T>{from[at]});
      }
    }
  });
}

void ReferenceKernel<OpKind::kArgSort>::apply(const KernelCall& call) {
  const auto& [dim, descending] = call.op.attr<SortAttributes>();
  const DimSplit split = split_at(call.operand().type().shape, dim);
  const std::span<int32_t> to = call.result().as<int32_t>();
  std::vector<int32_t> order(static_cast<size_t>(split.size));
  with_type(call.operand().type().dtype, [&]<typename T>(T) {
    for (int64_t column = 0; column < split.outer * split.inner; ++column) {
      const int64_t first = column / split.inner * split.size * split.inner + column % split.inner;
      const T* from = call.operand().as<T>().data() + first;
      std::iota(order.begin(), order.end(), 0);
      std::ranges::stable_sort(order, [&](int32_t i, int32_t j) {
        return sorts_before(from[i * split.inner], from[j * split.inner], descending);
      });
      for (int64_t i = 0; i < split.size; ++i) to[first + i * split.inner] = order[static_cast<size_t>(i)];
    }
  });
}

}  // namespace minnow

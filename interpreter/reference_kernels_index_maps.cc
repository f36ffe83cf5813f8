// Moving elements. Each of these ops copies an index space from one affine map into another.
#include <algorithm>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"

namespace minnow {
namespace {

// to[to_map(i)] = from[from_map(i)] for each index i below `shape`.
void copy_elements(const Shape& shape, const Tensor& from, const AffineMap& from_map, Tensor& to,
                   const AffineMap& to_map) {
  with_type(from.type().dtype, [&]<typename T>(T) {
    const std::span<const T> source = from.as<T>();
    const std::span<T> target = to.as<T>();
    for_each_index(shape, from_map, to_map,
                   [&](int64_t at_source, int64_t at_target) { target[at_target] = source[at_source]; });
  });
}

// Fills the result from the operand.
void read_through(const KernelCall& call, const AffineMap& from_map) {
  const Shape& shape = call.result().type().shape;
  copy_elements(shape, call.operand(), from_map, call.result(), AffineMap::row_major(shape));
}

// Places all of `from` in the result.
void write_through(const KernelCall& call, const Tensor& from, const AffineMap& to_map) {
  const Shape& shape = from.type().shape;
  copy_elements(shape, from, AffineMap::row_major(shape), call.result(), to_map);
}

void fill(Tensor& tensor, double value) {
  with_type(tensor.type().dtype, [&]<typename T>(T) { std::ranges::fill(tensor.as<T>(), static_cast<T>(value)); });
}

}  // namespace

void ReferenceKernel<OpKind::kBroadcast>::apply(const KernelCall& call) {
  const std::vector<int64_t> strides = row_major_strides(call.operand().type().shape);
  const auto& dims = call.op.attr<DimsAttributes>().dims;
  AffineMap map{0, std::vector<int64_t>(call.result().type().shape.size(), 0)};
  for (size_t i = 0; i < dims.size(); ++i) map.strides[dims[i]] = strides[i];
  read_through(call, map);
}

void ReferenceKernel<OpKind::kReshape>::apply(const KernelCall& call) {
  call.result() = call.operand().clone().reshaped(call.result().type().shape);
}

// Dimension i of the result is dimension dims[i] of the operand.
void ReferenceKernel<OpKind::kTranspose>::apply(const KernelCall& call) {
  const std::vector<int64_t> strides = row_major_strides(call.operand().type().shape);
  AffineMap map;
  for (const int64_t dim : call.op.attr<DimsAttributes>().dims) map.strides.push_back(strides[dim]);
  read_through(call, map);
}

void ReferenceKernel<OpKind::kReverse>::apply(const KernelCall& call) {
  const Shape& shape = call.operand().type().shape;
  AffineMap map = AffineMap::row_major(shape);
  for (const int64_t dim : call.op.attr<DimsAttributes>().dims) {
    map.offset += (shape[dim] - 1) * map.strides[dim];
    map.strides[dim] = -map.strides[dim];
  }
  read_through(call, map);
}

void ReferenceKernel<OpKind::kSlice>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<SliceAttributes>();
  AffineMap map = AffineMap::row_major(call.operand().type().shape);
  for (size_t d = 0; d < map.strides.size(); ++d) {
    map.offset += attributes.start[d] * map.strides[d];
    map.strides[d] *= attributes.stride[d];
  }
  read_through(call, map);
}

void ReferenceKernel<OpKind::kPad>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<PadAttributes>();
  fill(call.result(), attributes.value);
  AffineMap map = AffineMap::row_major(call.result().type().shape);
  for (size_t d = 0; d < map.strides.size(); ++d) {
    map.offset += attributes.low[d] * map.strides[d];
    map.strides[d] *= attributes.interior[d] + 1;
  }
  write_through(call, call.operand(), map);
}

void ReferenceKernel<OpKind::kConcat>::apply(const KernelCall& call) {
  const int64_t dim = call.op.attr<DimAttributes>().dim;
  AffineMap map = AffineMap::row_major(call.result().type().shape);
  for (const Tensor* part : call.operands) {
    write_through(call, *part, map);
    map.offset += part->dim(dim) * map.strides[dim];
  }
}

}  // namespace minnow

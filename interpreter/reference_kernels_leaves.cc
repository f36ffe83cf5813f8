// Constants, counting, random numbers, and rows of a table by index.
#include <algorithm>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"
#include "ir/random.h"

namespace minnow {
namespace {

// A gather's result [outer, indices, inner] beside its table [outer, size, inner]. Calls visit(element of the one,
// element of the other) for every element that an index picks.
template <typename Visit>
void for_each_picked(const Tensor& table, int64_t dim, std::span<const int32_t> indices, Visit visit) {
  const DimSplit split = split_at(table.type().shape, dim);
  if (split.size == 0) return;
  int64_t at = 0;
  for (int64_t outer = 0; outer < split.outer; ++outer)
    for (const int32_t index : indices) {
      const int64_t row = outer * split.size + std::clamp<int64_t>(index, 0, split.size - 1);
      for (int64_t i = 0; i < split.inner; ++i) visit(at++, row * split.inner + i);
    }
}

}  // namespace

void ReferenceKernel<OpKind::kConstant>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<ConstantAttributes>();
  with_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<T> result = call.result().as<T>();
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = static_cast<T>(attributes.values[attributes.is_splat() ? 0 : i]);
  });
}

void ReferenceKernel<OpKind::kIota>::apply(const KernelCall& call) {
  const DimSplit split = split_at(call.result().type().shape, call.op.attr<DimAttributes>().dim);
  with_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<T> result = call.result().as<T>();
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = static_cast<T>(static_cast<int64_t>(i) / split.inner % split.size);
  });
}

void ReferenceKernel<OpKind::kRandom>::apply(const KernelCall& call) {
  const RandomSequence sequence{.seed = static_cast<uint32_t>(call.operand(0).as<int32_t>()[0]),
                                .stream = static_cast<uint32_t>(call.op.attr<RandomAttributes>().stream),
                                .step = static_cast<uint32_t>(call.operand(1).as<int32_t>()[0])};
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<T> result = call.result().as<T>();
    for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<T>(sequence.uniform(i));
  });
}

// table [A...,V,B...], indices [N...] → result [A...,N...,B...]
void ReferenceKernel<OpKind::kGather>::apply(const KernelCall& call) {
  const Tensor& table = call.operand(0);
  with_type(table.type().dtype, [&]<typename T>(T) {
    const std::span<const T> from = table.as<T>();
    const std::span<T> to = call.result().as<T>();
    for_each_picked(table, call.op.attr<DimAttributes>().dim, call.operand(1).as<int32_t>(),
                    [&](int64_t at_result, int64_t at_table) { to[at_result] = from[at_table]; });
  });
}

// updates [A...,N...,B...], indices [N...] → result [A...,V,B...]
void ReferenceKernel<OpKind::kScatterAdd>::apply(const KernelCall& call) {
  Tensor& table = call.result();
  with_type(table.type().dtype, [&]<typename T>(T) {
    const std::span<const T> from = call.operand(0).as<T>();
    const std::span<T> to = table.as<T>();
    for_each_picked(table, call.op.attr<ScatterAttributes>().dim, call.operand(1).as<int32_t>(),
                    [&](int64_t at_update, int64_t at_table) {
                      to[at_table] = static_cast<T>(Wide<T>{to[at_table]} + Wide<T>{from[at_update]});
                    });
  });
}

}  // namespace minnow

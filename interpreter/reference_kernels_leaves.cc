// Constants, counting, random numbers, and rows of a table by index.
#include <algorithm>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"
#include "ir/random.h"

namespace minnow {
namespace {

// Calls visit(first element in the rows, first element in the table) for each index that picks a row.
template <typename Visit>
void for_each_picked_row(std::span<const int32_t> indices, int64_t table_rows, int64_t row_size, Visit visit) {
  if (table_rows == 0) return;
  for (size_t i = 0; i < indices.size(); ++i) {
    const int64_t row = std::clamp<int64_t>(indices[i], 0, table_rows - 1);
    visit(static_cast<int64_t>(i) * row_size, row * row_size);
  }
}

int64_t row_size(const Tensor& table) { return split_at(table.type().shape, 0).inner; }

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

// table [V,...], indices [N] → result [N,...]
void ReferenceKernel<OpKind::kGather>::apply(const KernelCall& call) {
  const Tensor& table = call.operand(0);
  const int64_t size = row_size(table);
  with_type(table.type().dtype, [&]<typename T>(T) {
    const std::span<const T> from = table.as<T>();
    const std::span<T> to = call.result().as<T>();
    for_each_picked_row(call.operand(1).as<int32_t>(), table.dim(0), size, [&](int64_t at_row, int64_t at_table) {
      for (int64_t i = 0; i < size; ++i) to[at_row + i] = from[at_table + i];
    });
  });
}

// updates [N,...], indices [N] → result [V,...]
void ReferenceKernel<OpKind::kScatterAdd>::apply(const KernelCall& call) {
  Tensor& table = call.result();
  const int64_t size = row_size(table);
  with_type(table.type().dtype, [&]<typename T>(T) {
    const std::span<const T> from = call.operand(0).as<T>();
    const std::span<T> to = table.as<T>();
    for_each_picked_row(call.operand(1).as<int32_t>(), table.dim(0), size, [&](int64_t at_row, int64_t at_table) {
      for (int64_t i = 0; i < size; ++i)
        to[at_table + i] = static_cast<T>(Wide<T>{to[at_table + i]} + Wide<T>{from[at_row + i]});
    });
  });
}

}  // namespace minnow

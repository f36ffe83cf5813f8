#include "codegen/kernels/emit_few_rows_dot.h"

#include "codegen/element/dot_matrices.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"
#include "ir/dot.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMaxRows{"few rows", 4};  // above, packing w for the other rows to share pays

}  // namespace

bool is_few_rows_dot(const Op& dot, int lanes) {
  const TensorType& type = dot.type();
  if (type.dtype != DType::kF32 || !is_product_of_matrices(dot) || type.elements() == 0) return false;
  const DotSizes sizes = dot_sizes(dot);
  return !has_transposed_rows(dot) && has_transposed_columns(dot) && sizes.rows <= kMaxRows && sizes.columns >= lanes &&
         sizes.depth > 0;
}

// A work unit is a vector of columns of one row of one product. The last one repeats the last column where there are no
// more.
WorkUnits emit_few_rows_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const Op& dot = *work.main;
  const int lanes = kernel.target().lanes;
  const auto [batch, rows, columns, depth] = dot_sizes(dot);
  const int64_t vectors = ceil_div(columns, lanes);
  llvm::IRBuilder<>& ir = kernel.ir();
  ElementEmitter emitter(kernel, storage, work.inside, lanes);
  DotMatrices matrices(emitter, dot);
  V zero = llvm::Constant::getNullValue(emitter.type_of(DType::kF32));
  RegisterTile sums(kernel, lanes, 1, lanes);
  kernel.loop(kernel.begin(), kernel.end(), 1, [&](V unit) {
    Coord row = emitter.divide(emitter.uniform(unit), vectors);
    if (batch > 1) {
      matrices.choose(emitter.divide(row, rows).base);
      row = emitter.remainder(row, rows);
    }
    V first = emitter.scale(emitter.remainder(emitter.uniform(unit), vectors), lanes).base;
    sums.clear();
    emitter.forget();
    emitter.lanes_loop(kernel.index(0), kernel.index(depth), [&](const Coord& k) {
      V x = matrices.a(row, k);
      if (emitter.mask() != nullptr) x = ir.CreateSelect(emitter.mask(), x, zero);
      for (int64_t i = 0; i < lanes; ++i) {
        V n = ir.CreateAdd(first, kernel.index(i));
        if (columns % lanes != 0) n = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, n, kernel.index(columns - 1));
        sums.multiply_add(i, 0, x, matrices.b(k, emitter.uniform(n)));
      }
    });
    std::vector<V> parts;
    for (int64_t i = 0; i < lanes; ++i) parts.push_back(sums.get(i, 0));
    V total = lanes == 1 ? parts[0] : add_rows(ir, std::move(parts));
    V exists = columns % lanes == 0 ? nullptr : emitter.first_lanes(ir.CreateSub(kernel.index(columns), first));
    emitter.forget();
    emitter.under_mask(exists, [&] {
      emitter.bind(dot.result(), [total](const Position&) { return total; });
      store_outputs(emitter, work, matrices.result(row, emitter.lane(first)));
      emitter.unbind(dot.result());
    });
    emitter.forget();
  });
  return {batch * rows * vectors, true};
}

}  // namespace minnow

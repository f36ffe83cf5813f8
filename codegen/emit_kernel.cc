#include "codegen/emit_kernel.h"

#include "codegen/emit_block.h"
#include "codegen/emit_conv.h"
#include "codegen/emit_dot.h"
#include "codegen/emit_few_rows_dot.h"
#include "codegen/emit_narrow_dot.h"
#include "codegen/emit_pixel_conv.h"
#include "codegen/emit_reduction.h"
#include "codegen/emit_row.h"
#include "codegen/emit_window.h"

namespace minnow {

WorkUnits emit_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  if (work.loop >= 0) return emit_block_kernel(kernel, storage, work);
  if (work.sums.buffer >= 0) return emit_sum_of_shares(kernel, storage, work);
  if (work.row) return emit_row_kernel(kernel, storage, work);
  if (work.main == nullptr) return emit_loop_kernel(kernel, storage, work);
  const Op& main = *work.main;
  const int lanes = kernel.target().lanes;
  if (main.kind == OpKind::kDot) {
    if (is_narrow_dot(main, lanes)) return emit_narrow_dot(kernel, storage, work);
    if (is_narrow_outer_dot(main, lanes)) return emit_narrow_outer_dot(kernel, storage, work);
    if (is_few_rows_dot(main, lanes)) return emit_few_rows_dot(kernel, storage, work);
    if (is_fast_dot(main)) return emit_dot_kernel(kernel, storage, work);
  }
  if (is_pixel_conv(main, lanes)) {
    return main.kind == OpKind::kConvFilter ? emit_pixel_conv_filter(kernel, storage, work)
                                            : emit_pixel_conv(kernel, storage, work);
  }
  if (is_fast_conv(main)) {
    if (work.stage == KernelWork::Stage::kPartial) return emit_conv_filter_partial(kernel, storage, work);
    if (work.stage == KernelWork::Stage::kFinish) return emit_conv_filter_finish(kernel, storage, work);
    return emit_correlation_kernel(kernel, storage, work);
  }
  if (main.kind == OpKind::kWindowPick || main.kind == OpKind::kWindowSpread) {
    return emit_window_scatter_kernel(kernel, storage, work);
  }
  if (main.kind == OpKind::kReduceSum || main.kind == OpKind::kReduceMax) {
    return emit_reduction_kernel(kernel, storage, work);
  }
  return emit_loop_kernel(kernel, storage, work);
}

double count_flops(const Op& op) {
  const double elements = static_cast<double>(op.type().elements());
  if (op.kind == OpKind::kDot) {
    return 2 * elements * static_cast<double>(op.operands[0]->type.dim(op.attr<DotAttributes>().contract[0]));
  }
  auto per_output = [](const Shape& w) { return 2.0 * static_cast<double>(w[1] * w[2] * w[3]); };
  switch (op.kind) {
    case OpKind::kConv: return elements * per_output(op.operands[1]->type.shape);
    case OpKind::kConvInput:
      return static_cast<double>(op.operands[0]->type.elements()) * per_output(op.operands[1]->type.shape);
    case OpKind::kConvFilter: return static_cast<double>(op.operands[1]->type.elements()) * per_output(op.type().shape);
    default: break;
  }
  if (has_trait(op.kind, kReduction)) return static_cast<double>(op.operands[0]->type.elements());
  return has_trait(op.kind, kElementwise) ? elements : 0;
}

}  // namespace minnow

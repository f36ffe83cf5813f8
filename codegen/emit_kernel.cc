#include "codegen/emit_kernel.h"

#include "codegen/emit_row.h"

namespace minnow {

WorkUnits emit_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  if (work.row) return emit_row_kernel(kernel, storage, work);
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
    case OpKind::kConvFilter:
      return static_cast<double>(op.operands[1]->type.elements()) * per_output(op.type().shape);
    default: break;
  }
  if (has_trait(op.kind, kReduction)) return static_cast<double>(op.operands[0]->type.elements());
  return has_trait(op.kind, kElementwise) ? elements : 0;
}

}  // namespace minnow

#include "codegen/kernels/emit_kernel.h"

#include <algorithm>

#include "codegen/kernels/emit_block.h"
#include "codegen/kernels/emit_columns.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/emit_reduction.h"
#include "codegen/kernels/emit_row.h"
#include "codegen/kernels/emit_window.h"
#include "ir/dot.h"
#include "ir/windows.h"

namespace minnow {

namespace {

// A way to emit a kernel, and what memory it needs; nullptr: none.
struct KernelWay {
  WorkUnits (*emit)(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
  ScratchNeed (*scratch)(const KernelWork& work, const Target& target) = nullptr;
};

WorkUnits emit_plain_loop(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return emit_loop_kernel(kernel, storage, work);
}

ScratchNeed scratch_of_contraction(const KernelWork& work, const Target&) {
  return std::visit([](const auto& s) { return ScratchNeed{s.bytes(), s.units()}; }, *work.contraction);
}

KernelWay choose_way(const KernelWork& work) {
  if (work.row) return {emit_row_kernel, row_scratch};
  if (work.contraction) return {emit_contraction, scratch_of_contraction};
  if (work.loop >= 0) return {emit_block_kernel};
  if (work.sums.buffer >= 0) return {emit_sum_of_partials};
  if (work.main == nullptr) return {emit_plain_loop};
  switch (work.main->kind) {
    case OpKind::kWindowPick:
    case OpKind::kWindowSpread: return {space_dims(*work.main) == 2 ? emit_window_scatter_kernel : emit_plain_loop};
    case OpKind::kReduceSum:
    case OpKind::kReduceMax:
    case OpKind::kArgMax: return {emit_reduction_kernel};
    case OpKind::kScatterAdd: return {emit_scatter_add};
    case OpKind::kCumSum: return {emit_cumsum};
    default: return {emit_plain_loop};
  }
}

bool is_f64(const Value* value) { return value->type.dtype == DType::kF64; }

bool computes_f64(const KernelWork& work) {
  if (work.loop >= 0 || (work.main != nullptr && !is_f64(work.main->result()))) return false;
  return std::ranges::any_of(work.outputs, [](const KernelOutput& output) { return is_f64(output.value); }) ||
         std::ranges::any_of(work.inside, [](const Op* op) { return std::ranges::any_of(op->operands, is_f64); });
}

}  // namespace

// Vectors of f64 that fill one register, like those of f32. LLVM 19 would divide wider ones, and then read wrongly
// under a mask that is constant and false in all of the upper half (seen on AVX2).
Target target_of(const KernelWork& work, const Target& target) {
  Target seen = target;
  if (computes_f64(work)) seen.lanes /= 2;
  return seen;
}

WorkUnits emit_contraction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return std::visit([&](const auto& schedule) { return emit_scheduled(kernel, storage, work, schedule); },
                    *work.contraction);
}

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const ElementSchedule&) {
  return work.loop >= 0 ? emit_block_loop(kernel, storage, work) : emit_loop_kernel(kernel, storage, work);
}

void schedule_contraction(KernelWork& work, const Target& target) {
  const bool is_contraction = work.main != nullptr && has_trait(work.main->kind, kContraction);
  if (is_contraction) work.contraction = choose_contraction(*work.main, target_of(work, target), work.loop >= 0);
}

void reschedule_contraction(KernelWork& work, const Target& target) {
  if (!work.contraction) return;
  KernelWork other = work;
  other.contraction = choose_contraction(*work.main, target, work.loop >= 0);
  if (auto* panel = std::get_if<PanelSchedule>(&*other.contraction)) panel->fit(scratch_room(work));
  if (scratch_of_contraction(other, target).bytes <= scratch_room(work))
    work.contraction = std::move(other.contraction);
}

WorkUnits emit_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return choose_way(work).emit(kernel, storage, work);
}

ScratchNeed scratch_need(const KernelWork& work, const Target& target) {
  const auto scratch = choose_way(work).scratch;
  return scratch != nullptr ? scratch(work, target) : ScratchNeed{};
}

double count_flops(const Op& op) {
  const double elements = static_cast<double>(op.type().elements());
  if (op.kind == OpKind::kDot) return 2 * elements * static_cast<double>(dot_sizes(op).depth);
  auto per_output = [](const TensorType& w) {
    return 2 * static_cast<double>(element_count({w.shape.begin() + 1, w.shape.end()}));
  };
  switch (op.kind) {
    case OpKind::kConv: return elements * per_output(op.operands[1]->type);
    case OpKind::kConvInput:
      return static_cast<double>(op.operands[0]->type.elements()) * per_output(op.operands[1]->type);
    case OpKind::kConvFilter: return static_cast<double>(op.operands[1]->type.elements()) * per_output(op.type());
    default: break;
  }
  if (has_trait(op.kind, kReduction)) return static_cast<double>(op.operands[0]->type.elements());
  return has_trait(op.kind, kElementwise) ? elements : 0;
}

}  // namespace minnow

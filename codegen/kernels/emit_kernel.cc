#include "codegen/kernels/emit_kernel.h"

#include <algorithm>

#include "codegen/kernels/emit_block.h"
#include "codegen/kernels/emit_columns.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/emit_pixel_windows.h"
#include "codegen/kernels/emit_reduction.h"
#include "codegen/kernels/emit_row.h"
#include "codegen/kernels/emit_sort.h"
#include "codegen/kernels/emit_transpose.h"
#include "codegen/kernels/emit_window.h"
#include "ir/channels_last.h"
#include "ir/contraction.h"
#include "ir/windows.h"
#include "passes/group/tile_batch.h"

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
  if (work.packs_panels)
    return {std::holds_alternative<WinogradSchedule>(*work.contraction) ? emit_transformed_filter : emit_panels};
  if (work.row) return {emit_row_kernel, row_scratch};
  if (work.contraction) return {emit_contraction, scratch_of_contraction};
  if (work.window) return {emit_window_along_pixels};
  if (work.loop >= 0) return {emit_block_kernel, block_scratch};
  if (work.sums.buffer >= 0) return {emit_sum_of_partials};
  if (is_transpose_by_squares(work)) return {emit_transpose};
  if (work.main == nullptr) return {emit_plain_loop};
  switch (work.main->kind) {
    case OpKind::kWindowPick:
    case OpKind::kWindowSpread:
      if (space_dims(*work.main) != 2) return {emit_plain_loop};
      return {emit_window_scatter_kernel, window_scatter_scratch};
    case OpKind::kReduceSum:
    case OpKind::kReduceMax:
    case OpKind::kArgMax: return {emit_reduction_kernel};
    case OpKind::kScatterAdd: return {emit_scatter_add};
    case OpKind::kCumSum: return {emit_cumsum};
    case OpKind::kArgSort: return {emit_sort, sort_scratch};
    default: return {emit_plain_loop};
  }
}

ContractionSchedule schedule_of(const KernelWork& work, const Target& target) {
  const Op& main = *work.main;
  if (is_channels_last(main) && work.inside.contains(main.operands[1]->op))
    return choose_channels_last(main, target, work.loop >= 0);
  return choose_contraction(main, target, work.loop >= 0);
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
//
// The other way around, a convolution in a block, or its gradient, has all examples of it in one vector, which is
// several registers if the machine's are shorter: so it reads whole cache lines, and what is broadcast serves them all.
// Not where the sums for a row of a filter's gradient, which are summed side by side, would not be in registers then.
Target target_of(const KernelWork& work, const Target& target) {
  constexpr uint32_t kBoth = kContraction | kWindow;
  Target seen = target;
  const bool is_conv = work.main != nullptr && (op_info(work.main->kind).traits & kBoth) == kBoth;
  if (work.loop >= 0 && is_conv) {
    const int lanes = std::max(target.lanes, static_cast<int>(kBlockExamples));
    const bool is_gradient = work.main->kind == OpKind::kConvFilter;
    const int64_t sums = is_gradient ? DepthLanesSchedule::places_at_once(work.main->type().shape.back()) : 1;
    if (sums * lanes / target.lanes <= target.processor.registers) seen.lanes = lanes;
  }
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

WorkUnits emit_window_along_pixels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return std::visit([&](const auto& schedule) { return emit_along_pixels(kernel, storage, work, schedule); },
                    *work.window);
}

void schedule_kernel(KernelWork& work, const Target& target) {
  if (work.main == nullptr) return;
  const Target seen = target_of(work, target);
  if (has_trait(work.main->kind, kContraction)) {
    work.contraction = schedule_of(work, seen);
  } else if (work.loop < 0) {
    work.window = choose_window(*work.main, seen);
  }
}

void reschedule_contraction(KernelWork& work, const Target& target) {
  if (!work.contraction || work.packs_panels || work.panels >= 0) return;  // all that read the panels agree on them
  KernelWork other = work;
  other.contraction = schedule_of(work, target);
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
  if (has_trait(op.kind, kContraction)) return contraction_flops(op);
  if (has_trait(op.kind, kReduction)) return static_cast<double>(op.operands[0]->type.elements());
  return has_trait(op.kind, kElementwise) ? static_cast<double>(op.type().elements()) : 0;
}

}  // namespace minnow

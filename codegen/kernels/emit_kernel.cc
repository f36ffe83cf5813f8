#include "codegen/kernels/emit_kernel.h"

#include <algorithm>

#include "codegen/kernels/emit_block.h"
#include "codegen/kernels/emit_conv.h"
#include "codegen/kernels/emit_few_rows_dot.h"
#include "codegen/kernels/emit_narrow_dot.h"
#include "codegen/kernels/emit_panel_contraction.h"
#include "codegen/kernels/emit_pixel_conv.h"
#include "codegen/kernels/emit_reduction.h"
#include "codegen/kernels/emit_row.h"
#include "codegen/kernels/emit_window.h"
#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/conv_shape.h"
#include "codegen/schedule/tiling.h"
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

const Threshold kShallow{"depth of products that may be elementwise", 4};
const Threshold kCachedBytes{"bytes of a product per depth that stay in the cache", 256 << 10};

// Whether there is less to compute than to write: then rows are written as long as they are, a stream.
bool is_elementwise_dot(const Op& dot, int lanes) {
  const DotSizes sizes = dot_sizes(dot);
  return sizes.columns >= lanes && !has_transposed_columns(dot) && sizes.depth > 0 && sizes.depth <= kShallow &&
         dot.type().bytes() / sizes.depth > kCachedBytes;
}

bool is_fast_dot(const Op& dot) {
  return dot.type().dtype == DType::kF32 && is_product_of_matrices(dot) && dot.type().elements() > 0 &&
         dot_sizes(dot).depth > 0;
}

const Threshold kMaxPhases{"places in a stride with code for each", 16};
const Threshold kMaxBytes{"bytes of a panel with its input and its sums", 8 << 20};

// The part of the lanes of its vectors that `count` neighbours fill.
double filled(int64_t count, int64_t lanes) {
  return static_cast<double>(count) / static_cast<double>(ceil_div(count, lanes) * lanes);
}

bool is_channel_conv(const Op& op, const Target& target) {
  if (!is_conv_of_images(op) || op.type().dtype != DType::kF32) return false;
  const auto is_empty = [](const Value* value) { return value->type.elements() == 0; };
  if (is_empty(op.result()) || std::ranges::any_of(op.operands, is_empty)) return false;
  const Correlation c = correlation_of(op);
  if (c.input.row_spread * c.input.column_spread > kMaxPhases) return false;
  const double others = std::max(filled(c.images, target.lanes),
                                 is_pixel_conv(op, target.lanes) ? filled(c.out_width, target.lanes) : 0.0);
  return filled(c.group_outputs, target.lanes) > others && PanelSchedule(op, target, false).bytes() <= kMaxBytes;
}

KernelWay choose_dot(const Op& dot, int lanes) {
  if (is_elementwise_dot(dot, lanes)) return {emit_plain_loop};
  if (is_narrow_dot(dot, lanes)) return {emit_narrow_dot, narrow_dot_scratch};
  if (is_narrow_outer_dot(dot, lanes)) return {emit_narrow_outer_dot};
  if (is_few_rows_dot(dot, lanes)) return {emit_few_rows_dot};
  if (is_fast_dot(dot)) return {emit_panel_contraction, panel_scratch};
  return {emit_plain_loop};
}

KernelWay choose_conv(const KernelWork& work, const Target& target) {
  const bool is_filter = work.main->kind == OpKind::kConvFilter;
  if (is_channel_conv(*work.main, target)) return {emit_panel_contraction, panel_scratch};
  if (is_pixel_conv(*work.main, target.lanes))
    return {is_filter ? emit_pixel_conv_filter : emit_pixel_conv, pixel_conv_scratch};
  if (!is_fast_conv(*work.main)) return {emit_plain_loop};
  if (!is_filter) return {emit_correlation_kernel, correlation_scratch};
  return {work.stage == KernelWork::Stage::kFinish ? emit_conv_filter_finish : emit_conv_filter_partial};
}

KernelWay choose_way(const KernelWork& work, const Target& target) {
  if (work.row) return {emit_row_kernel, row_scratch};
  if (work.loop >= 0) return {emit_block_kernel, block_scratch};
  if (work.sums.buffer >= 0) return {emit_sum_of_partials};
  if (work.main == nullptr) return {emit_plain_loop};
  switch (work.main->kind) {
    case OpKind::kDot: return choose_dot(*work.main, target.lanes);
    case OpKind::kConv:
    case OpKind::kConvInput:
    case OpKind::kConvFilter: return choose_conv(work, target);
    case OpKind::kWindowPick:
    case OpKind::kWindowSpread: return {space_dims(*work.main) == 2 ? emit_window_scatter_kernel : emit_plain_loop};
    case OpKind::kReduceSum:
    case OpKind::kReduceMax: return {emit_reduction_kernel};
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

WorkUnits emit_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return choose_way(work, kernel.target()).emit(kernel, storage, work);
}

ScratchNeed scratch_need(const KernelWork& work, const Target& target) {
  const auto scratch = choose_way(work, target).scratch;
  return scratch != nullptr ? scratch(work, target) : ScratchNeed{};
}

bool is_two_stage(const KernelWork& work, const Target& target) {
  return work.loop < 0 && !work.row && work.main != nullptr && work.main->kind == OpKind::kConvFilter &&
         choose_conv(work, target).emit == emit_conv_filter_partial;
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

// What is computed of weights alone, and kept for the runs to come: whole ops, and right operands of products, packed.
#include <algorithm>

#include "codegen/lowering.h"
#include "codegen/right_operand.h"
#include "ir/loop.h"
#include "ir/threshold.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

constexpr int64_t kRunsOfWeights = 1000;  // roughly
const Threshold kTilesPerPacking{"tiles of rows beside which packing is next to nothing", 64};

int64_t bytes_of(const auto& values) {
  int64_t bytes = 0;
  for (const auto& value : values) bytes += value->type.bytes();
  return bytes;
}

}  // namespace

bool Lowering::is_kept(const Value* value) const {
  if (!out_.keeps_weights || is_body_) return false;
  if (value->op != nullptr) return value->op->kind == OpKind::kConstant || is_kept(*value->op);
  if (value->role != Role::kWeight && value->role != Role::kState) return false;
  return std::ranges::none_of(
      function_.results(), [&](const FunctionResult& result) { return function_.replaced_parameter(result) == value; });
}

// Where it is no larger than what it is made of. Results belong to the caller, who may write over them.
bool Lowering::is_kept(const Op& op) const {
  if (const auto known = kept_ops_.find(&op); known != kept_ops_.end()) return known->second;
  const bool is_one =
      out_.keeps_weights && !is_body_ && op.kind != OpKind::kConstant && op.kind != OpKind::kLoop &&
      std::ranges::none_of(op.results, [&](const auto& result) { return uses_.is_result(result.get()); }) &&
      bytes_of(op.results) <= bytes_of(op.operands) &&
      std::ranges::all_of(op.operands, [&](const Value* operand) { return is_kept(operand); });
  return kept_ops_[&op] = is_one;
}

// Before anything else takes memory behind the plan's, which is free again for the next op.
void Lowering::keep_panels() {
  if (!out_.keeps_weights || is_body_ || !target_.has_threads) return;
  for (const auto& op : function_.ops()) {
    if (op->kind == OpKind::kLoop) {
      for (const auto& inner : op->body->ops())
        if (const Value* right = operand_from_around(*op, right_operand(*inner)); right != nullptr && is_kept(right))
          keep_panel(*inner, is_block_loop(*op), op->attr<LoopAttributes>().count);
    } else if (const Value* right = right_operand(*op); right != nullptr && is_kept(right) && !is_kept(*op)) {
      keep_panel(*op, false, 1);
    }
  }
}

void Lowering::keep_panel(const Op& op, bool is_in_block, int64_t iterations) {
  auto schedule = packed_ahead(op, is_in_block, iterations * kRunsOfWeights);
  if (!schedule) return;
  if (const auto* panels = std::get_if<PanelSchedule>(&*schedule); panels != nullptr && iterations == 1) {
    const int64_t rows = panels->rows_of_block() * panels->blocks(Axis::Kind::kRow);
    if (ceil_div(rows, panels->tile_rows(panels->rows_of_block())) > kTilesPerPacking) return;
  }
  const int buffer = place_on_arena(bytes_packed_ahead(*schedule));
  kept_panels_.emplace(&op, PackedAhead{*std::move(schedule), buffer});
}

}  // namespace minnow

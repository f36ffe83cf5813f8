#include <algorithm>

#include "codegen/c_source/c_rules.h"
#include "codegen/c_source/c_source.h"
#include "ir/loop.h"

namespace minnow {
namespace {

bool has_f64(const Op& op) {
  const auto is_f64 = [](const Value* value) { return value->type.dtype == DType::kF64; };
  return std::ranges::any_of(op.operands, is_f64) || is_f64(op.result());
}

// Doubles are for sums that floats cannot hold; all else is of floats.
bool is_written(const Op& op) {
  if (has_trait(op.kind, kElementwise)) return !c_expression(op).empty();
  const bool adds_or_moves = has_trait(op.kind, kIndexMap | kLeaf) || op.kind == OpKind::kReduceSum ||
                             op.kind == OpKind::kDot || op.kind == OpKind::kLoop;
  return !has_f64(op) || (adds_or_moves && op.kind != OpKind::kRandom);
}

Status check_ops(const Function& function) {
  for (const auto& op : function.ops()) {
    if (op->kind == OpKind::kFused || is_block_loop(*op))
      return fail(function.name(), "has {}, which is for compiled code",
                  op->kind == OpKind::kFused ? "a fused op" : "a loop over blocks");
    if (!is_written(*op)) return fail(function.name(), "has {} of f64, which is not written in C", mnemonic(op->kind));
    if (op->body) MINNOW_TRY(check_ops(*op->body));
  }
  return {};
}

}  // namespace

Status check_c_source(const Function& function) { return check_ops(function); }

}  // namespace minnow

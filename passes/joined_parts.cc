#include "passes/joined_parts.h"

#include <algorithm>

#include "passes/memory_plan.h"

namespace minnow {
namespace {

// Computed by a kernel that may as well write elsewhere.
bool is_movable(const Value& value) {
  return value.op != nullptr && value.op->kind != OpKind::kConstant && value.op->kind != OpKind::kLoop;
}

bool joins_stretches(const Op& concat, bool is_block) {
  const int64_t dim = concat.attr<DimAttributes>().dim;
  if (is_block) return dim == 1;
  const Shape& shape = concat.type().shape;
  return std::all_of(shape.begin(), shape.begin() + dim, [](int64_t places) { return places == 1; });
}

}  // namespace

const Value* without_reshapes(const Value* value) {
  while (value->op != nullptr && value->op->kind == OpKind::kReshape) value = value->op->operands[0];
  return value;
}

std::unordered_map<const Value*, JoinedPart> find_joined_parts(const Function& function, bool is_block,
                                                               const std::function<bool(const Value*)>& has_home) {
  std::unordered_map<const Value*, JoinedPart> parts;
  for (const auto& op : function.ops()) {
    if (op->kind != OpKind::kConcat || !joins_stretches(*op, is_block) || has_home(op->result())) continue;
    std::unordered_map<const Value*, JoinedPart> here;
    int64_t offset = 0;
    for (const Value* operand : op->operands) {
      const Value* made = without_reshapes(operand);
      const bool has_place = is_movable(*made) && !has_home(operand) && !has_home(made) && !parts.contains(made);
      if (!has_place || offset % kArenaAlignment != 0) break;
      here.emplace(made, JoinedPart{op->result(), offset});
      offset += made->type.bytes();
    }
    if (here.size() == op->operands.size()) parts.merge(here);
  }
  return parts;
}

}  // namespace minnow

#include "passes/joined_parts.h"

#include <algorithm>

#include "passes/plan_memory.h"

namespace minnow {
namespace {

// Computed by a kernel that may as well write elsewhere: a reshape has the bytes of its operand.
bool is_movable(const Value& value) {
  static constexpr OpKind kOthers[] = {OpKind::kConstant, OpKind::kReshape, OpKind::kLoop};
  return value.op != nullptr && std::ranges::find(kOthers, value.op->kind) == std::end(kOthers);
}

}  // namespace

std::unordered_map<const Value*, JoinedPart> find_joined_parts(const Function& body,
                                                               const std::function<bool(const Value*)>& has_home) {
  std::unordered_map<const Value*, JoinedPart> parts;
  for (const auto& op : body.ops()) {
    if (op->kind != OpKind::kConcat || op->attr<DimAttributes>().dim != 1 || has_home(op->result())) continue;
    std::unordered_map<const Value*, JoinedPart> here;
    int64_t offset = 0;
    for (const Value* operand : op->operands) {
      const bool has_place = is_movable(*operand) && !has_home(operand) && !parts.contains(operand);
      if (!has_place || offset % kArenaAlignment != 0) break;
      here.emplace(operand, JoinedPart{op->result(), offset});
      offset += operand->type.bytes();
    }
    if (here.size() == op->operands.size()) parts.merge(here);
  }
  return parts;
}

}  // namespace minnow

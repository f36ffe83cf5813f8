#include "passes/group/loop_rules.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace minnow {
namespace {

// How often, and where, the loop evaluates a value for each of its elements.
enum class Access { kSameIndex, kOtherIndex, kRepeated };

// How the operands of `user` are evaluated where it is evaluated itself with `access`.
Access access_through(const Op& user, Access access) {
  switch (user.kind) {
    case OpKind::kTranspose:
    case OpKind::kReverse:
    case OpKind::kSlice:
    case OpKind::kPad: return access == Access::kSameIndex ? Access::kOtherIndex : access;
    default: return has_trait(user.kind, kElementwise) ? access : Access::kRepeated;
  }
}

Access combine(std::optional<Access> known, Access next) {
  if (!known) return next;
  const bool is_one_evaluation = *known == Access::kSameIndex && next == Access::kSameIndex;
  return is_one_evaluation ? Access::kSameIndex : Access::kRepeated;
}

bool may_repeat(const Op& op) {
  if (has_trait(op.kind, kElementwise)) return !has_trait(op.kind, kCostly) && op.type().elements() == 1;
  return has_trait(op.kind, kIndexMap) || op.kind == OpKind::kIota;
}

}  // namespace

KernelFault why_not_evaluated_once(const KernelOps& kernel, const Shape& loop_shape) {
  std::unordered_map<const Op*, Access> accesses;  // of the ops that lead to a result
  const std::vector<const Op*>& ops = kernel.ops();
  for (auto it = ops.rbegin(); it != ops.rend(); ++it) {
    const Op* op = *it;
    std::optional<Access> access;
    for (const Op* user : kernel.users(op->result()))
      if (const auto found = accesses.find(user); found != accesses.end())
        access = combine(access, access_through(*user, found->second));
    const bool is_result = kernel.is_result(op->result());
    if (is_result) access = combine(access, Access::kSameIndex);
    if (!access) continue;
    accesses[op] = *access;
    const bool has_loop_shape = op->type().shape == loop_shape;
    if ((is_result || *access == Access::kSameIndex) && !has_loop_shape) return {"its shape is not the kernel's", op};
    if (*access == Access::kRepeated && !may_repeat(*op))
      return {"it would be computed several times for each element", op};
  }
  return {};
}

}  // namespace minnow

#include "passes/loop_rules.h"

#include <algorithm>
#include <optional>

namespace minnow {

bool is_cheap(OpKind kind) { return has_trait(kind, kElementwise) && !has_trait(kind, kCostly); }

namespace {

// How often, and where, the loop evaluates a value for each of its elements.
enum class Access { kSameIndex, kOtherIndex, kRepeated };

// How the operands of `user` are evaluated where it is evaluated itself with `access`.
Access access_through(const Op& user, Access access) {
  switch (user.kind) {
    case OpKind::kTranspose:
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
  if (has_trait(op.kind, kElementwise)) return is_cheap(op.kind) && op.type().elements() == 1;
  return has_trait(op.kind, kIndexMap) || op.kind == OpKind::kIota;
}

}  // namespace

std::string_view why_not_evaluated_once(const Cluster& cluster, const Shape& loop_shape) {
  std::unordered_map<const Op*, Access> accesses;
  std::vector<Op*> ops = cluster.ops();
  std::ranges::reverse(ops);
  for (const Op* op : ops) {
    std::optional<Access> access;
    for (const Op* user : cluster.graph().uses().users(op->result()))
      if (cluster.contains(user)) access = combine(access, access_through(*user, accesses.at(user)));
    const bool is_result = !access || cluster.escapes(op->result());
    if (is_result) access = combine(access, Access::kSameIndex);
    accesses[op] = *access;
    const bool has_loop_shape = op->type().shape == loop_shape;
    if ((is_result || *access == Access::kSameIndex) && !has_loop_shape) return "its shape is not the kernel's";
    if (*access == Access::kRepeated && !may_repeat(*op)) return "it would be computed several times for each element";
  }
  return {};
}

}  // namespace minnow

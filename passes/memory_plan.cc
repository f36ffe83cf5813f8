#include "passes/memory_plan.h"

#include <algorithm>
#include <map>

#include "ir/loop.h"
#include "ir/walk.h"
#include "passes/arena_layout.h"

namespace minnow {
namespace {

// Within a fused body: does `root` reach the results through elementwise ops of one shape alone?
bool stays_at_index(const Value* root, const UseMap& uses, const Shape& shape) {
  bool stays = true;
  visit_each_once<const Value*>({root}, [&](const Value* value, const auto& reach) {
    stays &= value->type.shape == shape;
    for (const Op* user : uses.users(value)) {
      stays &= has_trait(user->kind, kElementwise);
      if (stays) reach(user->result());
    }
  });
  return stays;
}

}  // namespace

bool reads_at_written_index(const Op& op, const Value* operand) {
  if (operand->type.shape != op.type().shape) return false;
  if (has_trait(op.kind, kElementwise)) return true;
  if (op.kind != OpKind::kFused || op.attr<FusedAttributes>().kind == FusionKind::kRow) return false;
  const UseMap uses(*op.body);
  for (size_t i = 0; i < op.operands.size(); ++i)
    if (op.operands[i] == operand && !stays_at_index(op.body->parameters()[i].get(), uses, op.type().shape))
      return false;
  return true;
}

bool moves_nothing(const MemoryPlan& plan, const Op& op) {
  if (op.kind == OpKind::kConcat) {
    const auto part = plan.parts.find(without_reshapes(op.operands[0]));
    return part != plan.parts.end() && part->second.whole == op.result();
  }
  return op.kind == OpKind::kReshape && (plan.views.contains(op.result()) || plan.shares_operand.contains(op.result()));
}

std::vector<size_t> loop_buffers(const Op& loop) {
  const auto& attributes = loop.attr<LoopAttributes>();
  std::vector<size_t> results;
  for (size_t i = 0; i < loop.results.size(); ++i) {
    const bool takes_turns = is_last(attributes, i) && attributes.count > 1 && !stacked_with(loop, i);
    if (takes_turns || is_summed(attributes, i)) results.push_back(i);
  }
  return results;
}

bool MemoryPlan::is_within(const Value* value) const {
  for (auto shared = shares_operand.find(value); shared != shares_operand.end(); shared = shares_operand.find(value))
    value = shared->second;
  return parts.contains(value);
}

// Values that share a buffer are live one after the other, each until the next.
int64_t peak_live_bytes(const MemoryPlan& plan) {
  std::vector<MemoryPlan::Slot> slots;
  for (const auto& [value, slot] : plan.slots)
    if (!plan.is_within(value)) slots.push_back(slot);
  for (const auto& [loop, planned] : plan.loops) slots.push_back(planned.slot);
  std::ranges::sort(slots, {}, [](const auto& slot) { return std::pair(slot.offset, slot.first); });
  std::map<int, int64_t> changes;
  for (size_t i = 0; i < slots.size();) {
    MemoryPlan::Slot joined = slots[i++];
    for (; i < slots.size() && slots[i].offset == joined.offset && slots[i].first <= joined.last; ++i) {
      joined.last = std::max(joined.last, slots[i].last);
      joined.bytes = std::max(joined.bytes, slots[i].bytes);
    }
    changes[joined.first] += joined.bytes;
    changes[joined.last + 1] -= joined.bytes;
  }
  return largest_sum(changes);
}

}  // namespace minnow

#include "passes/group/batch_levels.h"

#include <algorithm>

#include "ir/loop.h"
#include "ir/steps.h"
#include "ir/threshold.h"
#include "passes/group/outline.h"

namespace minnow {
namespace {

// What one block reads of weights, or adds up into their gradients, has to stay in the cache beside the activations. A
// filter is used again for every pixel, so that it may be larger. The order of sums over examples depends on it: so it
// is one for all machines.
const Threshold kMaxWeightBytes{"bytes of a block's weights", 256 << 10};
const Threshold kMaxFilterBytes{"bytes of a block's filter", 4 << 20};

const Threshold& most_weight_bytes(const Op& contraction) {
  return contraction.kind == OpKind::kDot ? kMaxWeightBytes : kMaxFilterBytes;
}

// Matrices that an example has for itself fill tiles of registers by themselves.
bool is_product_per_example(const Op& op) { return op.kind == OpKind::kDot && op.attr<DotAttributes>().batch > 0; }

}  // namespace

BatchLevels::BatchLevels(const Function& function, int64_t examples,
                         const std::unordered_map<const Op*, int>& postponed)
    : examples_(examples) {
  for (const auto& parameter : function.parameters())
    if (parameter->role == Role::kInput && parameter->type.rank() > 0) values_[parameter.get()].has_examples = true;
  for (const auto& op : function.ops()) {
    const auto earliest = postponed.find(op.get());
    label(*op, earliest == postponed.end() ? 0 : earliest->second);
  }
}

int BatchLevels::level_of(const Op& op) const {
  const auto found = level_of_.find(&op);
  return found == level_of_.end() ? -1 : found->second;
}

bool BatchLevels::comes_from_loop(const Value& value) const {
  const Op& op = *value.op;
  if (op.kind == OpKind::kConcat && op.attr<DimAttributes>().dim == 0)
    return value.type.dim(0) == examples_ && op.operands[0]->op && is_block_loop(*op.operands[0]->op);
  return is_block_loop(op) && !is_summed(op.attr<LoopAttributes>(), static_cast<size_t>(value.index)) &&
         value.type.dim(0) == examples_;
}

bool BatchLevels::draws_for_examples(const Op& op) const {
  return op.kind == OpKind::kRandom && op.type().rank() > 0 && op.type().dim(0) == examples_;
}

bool BatchLevels::puts_examples_first(const Op& op) const {
  return op.kind == OpKind::kTranspose && op.type().dim(0) == examples_ && values_.at(op.result()).sees_examples;
}

int BatchLevels::ready(const Value* value) const {
  const auto found = values_.find(value);
  if (found == values_.end()) return 0;
  return found->second.is_inside ? found->second.level : found->second.level + 1;
}

BatchUse BatchLevels::use_of(const Op& op) const {
  const BatchUse use = batch_use(op, labels_);
  if (!has_trait(op.kind, kContraction)) return use;
  if (op.type().dtype != DType::kF32) return BatchUse::kOutside;  // f64 is for checks, not for speed
  if (is_product_per_example(op)) return BatchUse::kOutside;
  const TensorType& weight = use == BatchUse::kSum ? op.type() : op.operands[1]->type;
  return weight.bytes() > most_weight_bytes(op) ? BatchUse::kOutside : use;
}

void BatchLevels::label(const Op& op, int earliest) {
  count_steps(1 + op.operands.size());
  const BatchUse use = use_of(op);
  const bool is_outside = use == BatchUse::kOutside;
  Label label;
  label.is_uniform = is_uniform_over_examples(op, examples_, labels_);
  for (const Value* operand : op.operands) {
    label.level = std::max(label.level, is_outside ? values_[operand].level : ready(operand));
    label.depends_on = std::max(label.depends_on, depends_on(operand));
    label.sees_examples |= has_examples(operand) || values_[operand].sees_examples;
  }
  if (is_outside) {
    // What does not fit in a loop over blocks leaves its neighbours in theirs.
    const bool keeps_examples = batch_use(op, labels_) == BatchUse::kPerExample || draws_for_examples(op);
    for (const auto& result : op.results) {
      values_[result.get()] = label;
      values_[result.get()].has_examples = keeps_examples || comes_from_loop(*result) || puts_examples_first(op);
    }
    return;
  }
  label.level = std::max(label.level, earliest);
  label.has_examples = label.is_inside = use == BatchUse::kPerExample;
  if (!is_copied_freely(op)) {  // those come along with their users
    levels_[label.level].push_back(&op);
    level_of_[&op] = label.level;
    label.depends_on = label.level;
  }
  values_[op.result()] = label;
}

std::string BatchLevels::why_not_first(const Op& op) const {
  const bool reads_examples = std::ranges::any_of(op.operands, [this](const Value* v) { return has_examples(v); });
  if (!reads_examples || op.kind == OpKind::kLoop) return "";
  const BatchUse use = batch_use(op, labels_);
  if (use == BatchUse::kOutside)
    return "not in a block loop: it mixes examples, or reads what is neither one nor the same for all";
  if (use_of(op) == BatchUse::kOutside && op.type().dtype != DType::kF32) return "not in a block loop: it is not f32";
  if (use_of(op) == BatchUse::kOutside && is_product_per_example(op))
    return "not in a block loop: its products have no weights that examples share";
  if (use_of(op) == BatchUse::kOutside)
    return fmt::format("not in a block loop: of its weights, no more than {} KiB stay in the cache",
                       most_weight_bytes(op) >> 10);
  if (is_copied_freely(op) || depends_on(op.result()) == levels_.begin()->first) return "";
  return "in a later block loop: it needs what an earlier one adds up over all blocks";
}

}  // namespace minnow

#include "passes/group/tile_batch.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_set>

#include "ir/loop.h"
#include "ir/steps.h"
#include "ir/threshold.h"
#include "passes/group/batch_rules.h"
#include "passes/group/outline.h"
#include "passes/group/split_remainder.h"

namespace minnow {
namespace {

// What one block reads of weights, or adds up into their gradients, has to stay in the cache beside the activations. A
// filter is used again for every pixel, so that it may be larger. The order of sums over examples depends on it: so it
// is one for all machines.
const Threshold kMaxWeightBytes{"bytes of a block's weights", 256 << 10};
const Threshold kMaxFilterBytes{"bytes of a block's filter", 4 << 20};
const Threshold kFewestExamples{"examples of a batch in blocks", kBlockExamples};

const Threshold& most_weight_bytes(const Op& contraction) {
  return contraction.kind == OpKind::kDot ? kMaxWeightBytes : kMaxFilterBytes;
}

// Matrices that an example has for itself fill tiles of registers by themselves.
bool is_product_per_example(const Op& op) { return op.kind == OpKind::kDot && op.attr<DotAttributes>().batch > 0; }

// The examples in a batch: dimension 0 of the inputs; 0 if they do not agree or do not make a block.
int64_t count_examples(const Function& function) {
  int64_t examples = 0;
  for (const auto& parameter : function.parameters()) {
    if (parameter->role != Role::kInput || parameter->type.rank() == 0) continue;
    const int64_t here = parameter->type.dim(0);
    if (examples != 0 && here != examples) return 0;
    examples = here;
  }
  return examples >= kFewestExamples ? examples : 0;
}

// Which ops go into a loop, and into which: those of a level go into one. All levels are found at once.
class BatchLevels {
 public:
  BatchLevels(const Function& function, int64_t examples) : examples_(examples) {
    for (const auto& parameter : function.parameters())
      if (parameter->role == Role::kInput && parameter->type.rank() > 0) values_[parameter.get()].has_examples = true;
    for (const auto& op : function.ops()) label(*op);
  }
  BatchLevels(const BatchLevels&) = delete;

  // The ops of each level, in program order.
  const std::map<int, std::vector<const Op*>>& levels() const { return levels_; }
  bool has_examples(const Value* value) const {
    const auto found = values_.find(value);
    return found != values_.end() && found->second.has_examples;
  }
  bool is_uniform(const Value* value) const {
    const auto found = values_.find(value);
    return found != values_.end() && found->second.is_uniform;
  }
  // `value` has taken the place of one that has examples.
  void add_examples(const Value* value) { values_[value].has_examples = true; }
  // The last level whose loop the value depends on when all loops are made; -1 if on none.
  int depends_on(const Value* value) const {
    const auto found = values_.find(value);
    return found == values_.end() ? -1 : found->second.depends_on;
  }
  // Why an op that reads examples is in no loop, or not in the first; empty if it is in that, or reads none.
  std::string why_not_first(const Op& op) const;

 private:
  struct Label {
    bool has_examples = false;
    bool is_uniform = false;
    bool is_inside = false;  // a loop computes it, and its users in the same loop may read it
    int level = -1;          // of the last loop that it depends on
    int depends_on = -1;     // the same, but a copy that a loop has of it does not count
  };

  void label(const Op& op);
  // Made by a loop, or put together from its blocks and the rest of the examples.
  bool comes_from_loop(const Value& value) const {
    const Op& op = *value.op;
    if (op.kind == OpKind::kConcat && op.attr<DimAttributes>().dim == 0)
      return value.type.dim(0) == examples_ && op.operands[0]->op && is_block_loop(*op.operands[0]->op);
    return is_block_loop(op) && !is_summed(op.attr<LoopAttributes>(), static_cast<size_t>(value.index)) &&
           value.type.dim(0) == examples_;
  }
  BatchUse use_of(const Op& op) const;
  // Numbers drawn for all examples at once, a part for each.
  bool draws_for_examples(const Op& op) const {
    return op.kind == OpKind::kRandom && op.type().rank() > 0 && op.type().dim(0) == examples_;
  }
  // The first level at which a loop may read the value.
  int ready(const Value* value) const {
    const auto found = values_.find(value);
    if (found == values_.end()) return 0;
    return found->second.is_inside ? found->second.level : found->second.level + 1;
  }

  int64_t examples_;
  std::unordered_map<const Value*, Label> values_;
  std::map<int, std::vector<const Op*>> levels_;
  const BatchLabels labels_ = {[this](const Value* value) { return has_examples(value); },
                               [this](const Value* value) { return is_uniform(value); }};
};

BatchUse BatchLevels::use_of(const Op& op) const {
  const BatchUse use = batch_use(op, labels_);
  if (!has_trait(op.kind, kContraction)) return use;
  if (op.type().dtype != DType::kF32) return BatchUse::kOutside;  // f64 is for checks, not for speed
  if (is_product_per_example(op)) return BatchUse::kOutside;
  const TensorType& weight = use == BatchUse::kSum ? op.type() : op.operands[1]->type;
  return weight.bytes() > most_weight_bytes(op) ? BatchUse::kOutside : use;
}

void BatchLevels::label(const Op& op) {
  count_steps(1 + op.operands.size());
  const BatchUse use = use_of(op);
  const bool is_outside = use == BatchUse::kOutside;
  Label label;
  label.is_uniform = is_uniform_over_examples(op, examples_, labels_);
  for (const Value* operand : op.operands) {
    label.level = std::max(label.level, is_outside ? values_[operand].level : ready(operand));
    label.depends_on = std::max(label.depends_on, depends_on(operand));
  }
  if (is_outside) {
    // What does not fit in a loop over blocks leaves its neighbours in theirs.
    const bool keeps_examples = batch_use(op, labels_) == BatchUse::kPerExample || draws_for_examples(op);
    for (const auto& result : op.results) {
      values_[result.get()] = label;
      values_[result.get()].has_examples = keeps_examples || comes_from_loop(*result);
    }
    return;
  }
  label.level = std::max(label.level, 0);
  label.has_examples = label.is_inside = use == BatchUse::kPerExample;
  if (!is_copied_freely(op)) {  // those come along with their users
    levels_[label.level].push_back(&op);
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

// Makes the loops of all levels, then puts the ops in order.
class LoopMaker {
 public:
  LoopMaker(Function& function, int64_t examples)
      : function_(function), examples_(examples), levels_(function, examples), graph_(function) {}

  bool run(Remarks* remarks) {
    if (remarks != nullptr)
      for (const auto& op : function_.ops())
        if (std::string why = levels_.why_not_first(*op); !why.empty()) remarks->say(op->result(), std::move(why));
    if (levels_.levels().empty()) return false;
    find_places();
    for (const auto& [level, ops] : levels_.levels()) make_loop(ops, level);
    put_in_order();
    return true;
  }

 private:
  void find_places();
  void make_loop(const std::vector<const Op*>& ops, int level);
  std::vector<Op*> in_order(const Cluster& cluster, int level) const;
  void put_in_order();
  void add(const Op& op, Cluster& cluster) const;
  std::unordered_set<const Value*> split_values(const Cluster& cluster) const;
  static void describe(Op& loop, int64_t examples, const std::unordered_set<const Value*>& split,
                       const std::unordered_set<const Value*>& sums);

  Function& function_;
  const int64_t examples_;
  BatchLevels levels_;
  OpGraph graph_;
  // Map i and what belongs to it stand at 2i + 1; what stays outside at 2i, in front of it, or behind the last.
  std::unordered_map<const Op*, int> places_;
};

// An op stays where it is as far as it can: in front of the first loop, of those that it does not depend on, whose last
// op it precedes.
void LoopMaker::find_places() {
  std::map<int, std::vector<int>> ends;  // levels by the position of their last op
  for (const auto& [level, ops] : levels_.levels()) ends[graph_.position(ops.back())].push_back(level);
  const int behind_all = levels_.levels().rbegin()->first + 1;
  std::set<int> ending_later;
  for (auto op = function_.ops().rbegin(); op != function_.ops().rend(); ++op) {
    if (const auto end = ends.find(graph_.position(op->get())); end != ends.end())
      ending_later.insert(end->second.begin(), end->second.end());
    const auto loop = ending_later.lower_bound(levels_.depends_on((*op)->result()) + 1);
    places_[op->get()] = 2 * (loop == ending_later.end() ? behind_all : *loop);
  }
}

// Copies of what belongs in front of an earlier loop come first.
std::vector<Op*> LoopMaker::in_order(const Cluster& cluster, int level) const {
  std::vector<Op*> ops = cluster.ops();
  std::ranges::stable_sort(ops, {}, [&](const Op* op) { return std::min(places_.at(op), 2 * level); });
  return ops;
}

void LoopMaker::make_loop(const std::vector<const Op*>& ops, int level) {
  const int place = 2 * level + 1;
  std::unordered_set<const Value*> sums;
  Cluster cluster(graph_);
  for (const Op* op : ops) {
    if (!levels_.has_examples(op->result())) sums.insert(op->result());
    add(*op, cluster);
  }
  const std::unordered_set<const Value*> split = split_values(cluster);
  Op* loop = outline_in_place(function_, graph_, cluster, in_order(cluster, level), OpKind::kLoop, LoopAttributes{});
  describe(*loop, examples_, split, sums);
  places_[loop] = place;
  std::vector<const Value*> results;
  for (const auto& result : loop->results) results.push_back(result.get());

  const int64_t whole = examples_ / kBlockExamples * kBlockExamples;
  if (whole < examples_) {
    const std::vector<Op*> made = split_remainder(function_, graph_, *loop, whole, sums);
    for (const Op* op : made) places_[op] = place;
    for (size_t i = 0; i < results.size(); ++i) results[i] = made[made.size() - results.size() + i]->result();
  }
  for (size_t i = 0; i < results.size(); ++i)
    if (!is_summed(loop->attr<LoopAttributes>(), i)) levels_.add_examples(results[i]);
  resize_examples(*loop->body, kBlockExamples, sums);
  for (const int64_t i : loop->attr<LoopAttributes>().split)
    loop->body->parameters()[static_cast<size_t>(i)]->type.shape[0] = kBlockExamples;
}

// Made anew for every block: what the members read of the kind that is copied freely, and what that reads.
void LoopMaker::add(const Op& op, Cluster& cluster) const {
  std::vector<const Op*> open = {&op};
  while (!open.empty()) {
    const Op* member = open.back();
    open.pop_back();
    cluster.add(member);
    for (const Value* operand : member->operands) {
      const Op* producer = operand->op;
      if (!producer || !is_copied_freely(*producer) || cluster.contains(producer)) continue;
      if (levels_.is_uniform(operand) || levels_.has_examples(operand)) open.push_back(producer);
    }
  }
}

std::unordered_set<const Value*> LoopMaker::split_values(const Cluster& cluster) const {
  std::unordered_set<const Value*> split;
  for (const Op* op : cluster.ops())
    for (const Value* operand : op->operands)
      if (levels_.has_examples(operand) && !cluster.defines(operand)) split.insert(operand);
  return split;
}

void LoopMaker::describe(Op& loop, int64_t examples, const std::unordered_set<const Value*>& split,
                         const std::unordered_set<const Value*>& sums) {
  LoopAttributes attributes;
  attributes.block = kBlockExamples;
  attributes.count = examples / kBlockExamples;
  for (size_t i = 0; i < loop.operands.size(); ++i)
    if (split.contains(loop.operands[i])) attributes.split.push_back(static_cast<int64_t>(i));
  for (size_t i = 0; i < loop.results.size(); ++i)
    if (sums.contains(loop.body->results()[i].value)) attributes.sum.push_back(static_cast<int64_t>(i));
  loop.attributes = std::move(attributes);
  loop.location = {};
}

void LoopMaker::put_in_order() {
  std::map<int, Function::OpList> by_place;
  auto& ops = function_.ops();
  while (!ops.empty()) {
    auto& there = by_place[places_.at(ops.front().get())];
    there.splice(there.end(), ops, ops.begin());
  }
  for (auto& [place, there] : by_place) ops.splice(ops.end(), there);
}

}  // namespace

bool tile_batch(Function& function, Remarks* remarks) {
  const int64_t examples = count_examples(function);
  const bool has_images =
      std::ranges::any_of(function.ops(), [](const auto& op) { return has_trait(op->kind, kWindow); });
  if (remarks != nullptr && !function.results().empty() && (examples == 0 || !has_images))
    remarks->say(function.results()[0].value,
                 examples == 0 ? fmt::format("no block loop: there is no whole block of {} examples", kBlockExamples)
                               : "no block loop: without images, matrix products do better on the whole batch");
  return examples != 0 && has_images && LoopMaker(function, examples).run(remarks);
}

}  // namespace minnow

#include "passes/group/tile_batch.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "ir/loop.h"
#include "ir/steps.h"
#include "ir/threshold.h"
#include "passes/group/batch_levels.h"
#include "passes/group/outline.h"
#include "passes/group/recompute_in_blocks.h"
#include "passes/group/split_remainder.h"

namespace minnow {
namespace {

const Threshold kFewestExamples{"examples of a batch in blocks", kBlockExamples};

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

// Makes the loops of all levels, then puts the ops in order.
class LoopMaker {
 public:
  LoopMaker(Function& function, int64_t examples, const std::unordered_map<const Op*, int>& postponed)
      : function_(function), examples_(examples), levels_(function, examples, postponed), graph_(function) {}

  void run() {
    find_places();
    for (const auto& [level, ops] : levels_.levels()) make_loop(ops, level);
    put_in_order();
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
  DividedValues divided_;
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
    const std::vector<Op*> made = split_remainder(function_, graph_, *loop, whole, sums, divided_);
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
  if (examples == 0 || !has_images) return false;
  const BatchLevels levels(function, examples);
  if (remarks != nullptr)
    for (const auto& op : function.ops())
      if (std::string why = levels.why_not_first(*op); !why.empty()) remarks->say(op->result(), std::move(why));
  if (levels.levels().empty()) return false;
  LoopMaker(function, examples, recompute_in_blocks(function, levels)).run();
  return true;
}

}  // namespace minnow

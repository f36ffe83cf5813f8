#include "passes/tile_batch.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>

#include "ir/map.h"
#include "ir/threshold.h"
#include "passes/batch_rules.h"
#include "passes/outline.h"
#include "passes/split_remainder.h"

namespace minnow {
namespace {

// What one block reads of weights, or adds up into their gradients, has to stay in the cache beside the activations.
const Threshold kMaxWeightBytes{"bytes of a block's weights", 256 << 10};
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

// Which ops go into a map, and into which.
class BatchLevels {
 public:
  BatchLevels(const Function& function, int64_t examples) : examples_(examples) {
    for (const auto& parameter : function.parameters())
      if (parameter->role == Role::kInput && parameter->type.rank() > 0) values_[parameter.get()].has_examples = true;
    for (const auto& op : function.ops()) label(*op);
  }

  // The ops of the first level, in program order; empty if there is none.
  std::vector<const Op*> first() const { return levels_.empty() ? std::vector<const Op*>() : levels_.begin()->second; }
  bool has_examples(const Value* value) const {
    const auto found = values_.find(value);
    return found != values_.end() && found->second.has_examples;
  }
  bool is_uniform(const Value* value) const {
    return value->op && is_uniform_over_examples(*value->op, examples_, labels());
  }
  // Why an op that reads examples is in no map, or not in the first; empty if it is in that, or reads none.
  std::string why_not_first(const Op& op) const;

 private:
  struct Label {
    bool has_examples = false;
    bool is_inside = false;  // a map computes it, and its users in the same map may read it
    int level = -1;          // of the last map that it depends on
  };

  void label(const Op& op);
  // Made by a map, or put together from its blocks and the rest of the examples.
  bool comes_from_map(const Value& value) const {
    const Op& op = *value.op;
    if (op.kind == OpKind::kConcat && op.attr<DimAttributes>().dim == 0)
      return value.type.dim(0) == examples_ && op.operands[0]->op && op.operands[0]->op->kind == OpKind::kMap;
    return op.kind == OpKind::kMap && !is_summed(op.attr<MapAttributes>(), static_cast<size_t>(value.index)) &&
           value.type.dim(0) == examples_;
  }
  BatchUse use_of(const Op& op) const;
  BatchLabels labels() const {
    return {[this](const Value* value) { return has_examples(value); },
            [this](const Value* value) { return is_uniform(value); }};
  }
  // The first level at which a map may read the value.
  int ready(const Value* value) const {
    const auto found = values_.find(value);
    if (found == values_.end()) return 0;
    return found->second.is_inside ? found->second.level : found->second.level + 1;
  }

  int64_t examples_;
  std::unordered_map<const Value*, Label> values_;
  std::map<int, std::vector<const Op*>> levels_;
};

BatchUse BatchLevels::use_of(const Op& op) const {
  const BatchUse use = batch_use(op, labels());
  if (!has_trait(op.kind, kContraction)) return use;
  if (op.type().dtype != DType::kF32) return BatchUse::kOutside;  // f64 is for checks, not for speed
  const TensorType& weight = use == BatchUse::kSum ? op.type() : op.operands[1]->type;
  return weight.bytes() > kMaxWeightBytes ? BatchUse::kOutside : use;
}

void BatchLevels::label(const Op& op) {
  const BatchUse use = use_of(op);
  Label label;
  if (use == BatchUse::kOutside) {
    for (const Value* operand : op.operands) label.level = std::max(label.level, values_[operand].level);
    for (const auto& result : op.results) {
      values_[result.get()] = label;
      values_[result.get()].has_examples = comes_from_map(*result);
    }
    return;
  }
  label.level = 0;
  for (const Value* operand : op.operands) label.level = std::max(label.level, ready(operand));
  label.has_examples = label.is_inside = use == BatchUse::kPerExample;
  values_[op.result()] = label;
  if (!is_copied_freely(op)) levels_[label.level].push_back(&op);  // those come along with their users
}

std::string BatchLevels::why_not_first(const Op& op) const {
  const bool reads_examples = std::ranges::any_of(op.operands, [this](const Value* v) { return has_examples(v); });
  if (!reads_examples || op.kind == OpKind::kMap) return "";
  const BatchUse use = batch_use(op, labels());
  if (use == BatchUse::kOutside)
    return "not in a block loop: it mixes examples, or reads what is neither one nor the same for all";
  if (use_of(op) == BatchUse::kOutside && op.type().dtype != DType::kF32) return "not in a block loop: it is not f32";
  if (use_of(op) == BatchUse::kOutside)
    return fmt::format("not in a block loop: of its weights, no more than {} KiB stay in the cache",
                       kMaxWeightBytes >> 10);
  if (levels_.empty() || std::ranges::find(levels_.begin()->second, &op) != levels_.begin()->second.end()) return "";
  return is_copied_freely(op) ? "" : "in a later block loop: it needs what an earlier one adds up over all blocks";
}

class MapMaker {
 public:
  MapMaker(Function& function, int64_t examples) : function_(function), examples_(examples) {}

  bool run(Remarks* remarks) {
    const BatchLevels levels(function_, examples_);
    if (remarks != nullptr)
      for (const auto& op : function_.ops())
        if (std::string why = levels.why_not_first(*op); !why.empty()) remarks->say(op->result(), std::move(why));
    const std::vector<const Op*> ops = levels.first();
    if (ops.empty()) return false;
    std::unordered_set<const Value*> sums;
    for (const Op* op : ops)
      if (!levels.has_examples(op->result())) sums.insert(op->result());
    OpGraph graph(function_);
    Cluster cluster(graph);
    for (const Op* op : ops) add(*op, levels, cluster);
    const std::unordered_set<const Value*> split = split_values(cluster, levels);
    Op* map = outline(function_, graph, cluster, OpKind::kMap, MapAttributes{});
    describe(*map, split, sums);
    const int64_t whole = examples_ / kBlockExamples * kBlockExamples;
    if (whole < examples_) split_remainder(function_, *map, whole, sums);
    resize_examples(*map->body, kBlockExamples, sums);
    for (const int64_t i : map->attr<MapAttributes>().split)
      map->body->parameters()[static_cast<size_t>(i)]->type.shape[0] = kBlockExamples;
    return true;
  }

 private:
  // With what it reads that is made anew for every block.
  static void add(const Op& op, const BatchLevels& levels, Cluster& cluster) {
    cluster.add(&op);
    for (const Value* operand : op.operands) {
      const Op* producer = operand->op;
      if (!producer || !is_copied_freely(*producer) || cluster.contains(producer)) continue;
      if (levels.is_uniform(operand) || levels.has_examples(operand)) add(*producer, levels, cluster);
    }
  }

  static std::unordered_set<const Value*> split_values(const Cluster& cluster, const BatchLevels& levels) {
    std::unordered_set<const Value*> split;
    for (const Op* op : cluster.ops())
      for (const Value* operand : op->operands)
        if (levels.has_examples(operand) && !cluster.defines(operand)) split.insert(operand);
    return split;
  }

  static void describe(Op& map, const std::unordered_set<const Value*>& split,
                       const std::unordered_set<const Value*>& sums) {
    MapAttributes attributes;
    attributes.block = kBlockExamples;
    for (size_t i = 0; i < map.operands.size(); ++i)
      if (split.contains(map.operands[i])) attributes.split.push_back(static_cast<int64_t>(i));
    for (size_t i = 0; i < map.results.size(); ++i)
      if (sums.contains(map.body->results()[i].value)) attributes.sum.push_back(static_cast<int64_t>(i));
    map.attributes = std::move(attributes);
    map.location = {};
  }

  Function& function_;
  int64_t examples_;
};

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
  bool changed = false;
  for (; MapMaker(function, examples).run(remarks); remarks = nullptr) changed = true;
  return changed;
}

}  // namespace minnow

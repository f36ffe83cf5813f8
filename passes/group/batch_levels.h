// Which ops go into loops over blocks of examples, and into which loop.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "passes/group/batch_rules.h"

namespace minnow {

// Which ops go into a loop, and into which: those of a level go into one. All levels are found at once.
class BatchLevels {
 public:
  // `postponed`: ops that come in this level at the earliest.
  BatchLevels(const Function& function, int64_t examples, const std::unordered_map<const Op*, int>& postponed = {});
  BatchLevels(const BatchLevels&) = delete;

  // The ops of each level, in program order.
  const std::map<int, std::vector<const Op*>>& levels() const { return levels_; }
  // -1: it is in no loop, or copied into those of its users.
  int level_of(const Op& op) const;
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
    bool sees_examples = false;  // some lead to it, in whatever order
    bool is_inside = false;      // a loop computes it, and its users in the same loop may read it
    int level = -1;              // of the last loop that it depends on
    int depends_on = -1;         // the same, but a copy that a loop has of it does not count
  };

  void label(const Op& op, int earliest);
  // Made by a loop, or put together from its blocks and the rest of the examples.
  bool comes_from_loop(const Value& value) const;
  BatchUse use_of(const Op& op) const;
  // Numbers drawn for all examples at once, a part for each.
  bool draws_for_examples(const Op& op) const;
  // A recurrent layer has the steps of its sequences in front of them; behind it they change places again.
  bool puts_examples_first(const Op& op) const;
  // The first level at which a loop may read the value.
  int ready(const Value* value) const;

  int64_t examples_;
  std::unordered_map<const Value*, Label> values_;
  std::map<int, std::vector<const Op*>> levels_;
  std::unordered_map<const Op*, int> level_of_;
  const BatchLabels labels_ = {[this](const Value* value) { return has_examples(value); },
                               [this](const Value* value) { return is_uniform(value); }};
};

}  // namespace minnow

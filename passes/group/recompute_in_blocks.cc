#include "passes/group/recompute_in_blocks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "ir/steps.h"
#include "ir/threshold.h"
#include "passes/group/outline.h"

namespace minnow {
namespace {

// An arithmetic op takes a fraction of the time of a load from memory.
const Threshold kMaxChain{"ops that a later loop repeats for a value", 8};

// How a loop gets a value that it does not find in memory.
struct Recipe {
  std::set<const Value*> sources;  // what it finds there
  std::set<const Op*> ops;         // those between

  void add(const Recipe& other) {
    sources.insert(other.sources.begin(), other.sources.end());
    ops.insert(other.ops.begin(), other.ops.end());
  }
};

class Recomputation {
 public:
  Recomputation(Function& function, const BatchLevels& levels)
      : function_(function), levels_(levels), uses_(function) {}

  std::unordered_map<const Op*, int> run();

 private:
  using Readers = std::map<int, std::vector<Op*>>;  // by the level of their loops
  struct Plan {
    int level;
    Value* value;
    Recipe recipe;
  };

  void note_reads();
  void decide(const Op& op);
  std::vector<Recipe> recipes_of(const Op& op) const;
  std::optional<Recipe> recipe_of(const Op& op, bool is_far) const;
  bool add_operand(const Value* value, bool is_far, Recipe& recipe) const;
  Readers later_readers(const Op& op) const;
  bool is_read_elsewhere(const Value* value) const;
  const Recipe& cheapest(const std::vector<Recipe>& recipes, int level) const;
  int64_t extra_bytes(const Recipe& recipe, int level) const;
  void plan(const Op& op, int level, const Recipe& recipe);
  void make_copies();
  Value* copy(Value* value, int level, const Recipe& recipe);
  void remove_unread();

  Function& function_;
  const BatchLevels& levels_;
  UseMap uses_;
  std::map<int, std::set<const Value*>> reads_;       // by each level, element for element, of what others compute
  std::unordered_map<const Value*, Recipe> recipes_;  // from the inputs of a chain
  std::unordered_set<const Value*> kept_;
  std::vector<Plan> planned_;
  std::map<std::pair<int, const Value*>, Value*> copies_;
  std::unordered_map<const Value*, Value*> originals_;  // of copies
  std::unordered_map<const Op*, Function::OpList::iterator> places_;
  std::unordered_map<const Op*, int> made_;
};

void Recomputation::note_reads() {
  for (const auto& [level, ops] : levels_.levels()) {
    std::set<const Value*>& reads = reads_[level];
    for (const Op* op : ops)
      for (const Value* operand : op->operands)
        if (has_trait(op->kind, kElementwise) && levels_.has_examples(operand) &&
            !(operand->op && levels_.level_of(*operand->op) == level))
          reads.insert(operand);
  }
}

// From what is kept, or far behind that. False: the operand is at hand in its own loop alone.
bool Recomputation::add_operand(const Value* value, bool is_far, Recipe& recipe) const {
  if (!levels_.has_examples(value)) return true;
  const bool is_kept = value->op == nullptr || levels_.level_of(*value->op) < 0 || kept_.contains(value);
  const auto known = recipes_.find(value);
  if (known != recipes_.end() && (is_far || !is_kept)) recipe.add(known->second);
  else if (is_kept) recipe.sources.insert(value);
  else return false;
  return true;
}

std::optional<Recipe> Recomputation::recipe_of(const Op& op, bool is_far) const {
  Recipe recipe;
  recipe.ops.insert(&op);
  for (const Value* operand : op.operands)
    if (!add_operand(operand, is_far, recipe)) return std::nullopt;
  return recipe.ops.size() <= kMaxChain ? std::optional(recipe) : std::nullopt;
}

std::vector<Recipe> Recomputation::recipes_of(const Op& op) const {
  std::vector<Recipe> recipes;
  if (!has_trait(op.kind, kElementwise) || has_trait(op.kind, kCostly)) return recipes;
  for (const bool is_far : {false, true})
    if (std::optional<Recipe> recipe = recipe_of(op, is_far)) recipes.push_back(std::move(*recipe));
  return recipes;
}

Recomputation::Readers Recomputation::later_readers(const Op& op) const {
  Readers readers;
  for (Op* user : uses_.users(op.result()))
    if (const int level = levels_.level_of(*user); level > levels_.level_of(op)) readers[level].push_back(user);
  return readers;
}

// By the function's caller, by an op in no loop, or by one that is copied into loops.
bool Recomputation::is_read_elsewhere(const Value* value) const {
  return uses_.is_result(value) ||
         std::ranges::any_of(uses_.users(value), [&](const Op* user) { return levels_.level_of(*user) < 0; });
}

// What a loop reads for it that it would not read otherwise.
int64_t Recomputation::extra_bytes(const Recipe& recipe, int level) const {
  int64_t bytes = 0;
  for (const Value* source : recipe.sources)
    if (!reads_.at(level).contains(source)) bytes += source->type.bytes();
  return bytes;
}

const Recipe& Recomputation::cheapest(const std::vector<Recipe>& recipes, int level) const {
  return *std::ranges::min_element(recipes, {}, [&](const Recipe& recipe) { return extra_bytes(recipe, level); });
}

void Recomputation::plan(const Op& op, int level, const Recipe& recipe) {
  planned_.push_back({level, op.result(), recipe});
  reads_[level].erase(op.result());
  reads_[level].insert(recipe.sources.begin(), recipe.sources.end());
}

// A value that is kept is written once and read by each of the later loops.
void Recomputation::decide(const Op& op) {
  const Value* value = op.result();
  const std::vector<Recipe> recipes = recipes_of(op);
  if (!recipes.empty()) recipes_[value] = recipes.back();
  const Readers readers = later_readers(op);
  const int64_t bytes = value->type.bytes();
  int64_t extra = 0;
  if (!recipes.empty())
    for (const auto& [level, ops] : readers) extra += extra_bytes(cheapest(recipes, level), level);
  const bool is_wanted_later = !readers.empty() && (recipes.empty() || extra >= std::ssize(readers) * bytes + bytes);
  const bool is_kept = is_read_elsewhere(value) || is_wanted_later;
  if (is_kept) kept_.insert(value);
  if (recipes.empty()) return;
  for (const auto& [level, ops] : readers) {
    const Recipe& recipe = cheapest(recipes, level);
    if (!is_kept || extra_bytes(recipe, level) < bytes) plan(op, level, recipe);
  }
}

// Of what a loop is to compute again, down to the sources.
Value* Recomputation::copy(Value* value, int level, const Recipe& recipe) {
  const auto [known, is_new] = copies_.try_emplace({level, value}, value);
  if (!is_new) return known->second;
  count_steps();
  const Op& op = *value->op;
  std::vector<Value*> operands = op.operands;
  for (Value*& operand : operands) {
    if (const auto original = originals_.find(operand); original != originals_.end()) operand = original->second;
    if (operand->op != nullptr && recipe.ops.contains(operand->op)) operand = copy(operand, level, recipe);
  }
  auto fresh = make_op(op.kind, std::move(operands), op.attributes, {op.type()}, op.location);
  fresh->history = op.history;
  fresh->remember("computed again in a later loop");
  Op* made = function_.insert(std::next(places_.at(&op)), std::move(fresh));
  uses_.add(made);
  originals_[made->result()] = value;
  made_[made] = level;
  return copies_[{level, value}] = made->result();
}

void Recomputation::make_copies() {
  for (auto it = function_.ops().begin(); it != function_.ops().end(); ++it) places_[it->get()] = it;
  for (const auto& [level, value, recipe] : planned_) {
    Value* fresh = copy(value, level, recipe);
    const std::vector<Op*> readers = later_readers(*value->op)[level];
    for (Op* reader : readers) {
      uses_.remove(reader);
      std::ranges::replace(reader->operands, value, fresh);
      uses_.add(reader);
    }
  }
}

// Users before what they use.
void Recomputation::remove_unread() {
  std::set<const Op*> repeated;
  for (const Plan& plan : planned_) repeated.insert(plan.recipe.ops.begin(), plan.recipe.ops.end());
  auto& ops = function_.ops();
  for (auto it = ops.end(); it != ops.begin();) {
    --it;
    if (!repeated.contains(it->get()) || uses_.count((*it)->result()) > 0) continue;
    uses_.remove(it->get());
    it = ops.erase(it);
  }
}

std::unordered_map<const Op*, int> Recomputation::run() {
  note_reads();
  for (const auto& op : function_.ops())
    if (levels_.level_of(*op) >= 0) decide(*op);
  make_copies();
  remove_unread();
  return std::move(made_);
}

}  // namespace

std::unordered_map<const Op*, int> recompute_in_blocks(Function& function, const BatchLevels& levels) {
  return Recomputation(function, levels).run();
}

}  // namespace minnow

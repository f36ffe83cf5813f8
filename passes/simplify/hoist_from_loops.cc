#include "passes/simplify/hoist_from_loops.h"

#include <algorithm>

#include "ir/builder.h"
#include "ir/loop.h"
#include "passes/simplify/move_reshapes.h"

namespace minnow {
namespace {

class Hoister {
 public:
  Hoister(Function& function, Function::OpList::iterator place)
      : function_(function), loop_(**place), front_(function, place), behind_(function, std::next(place)) {}

  bool run() {
    bool changed = move_invariants();
    if (attributes().recompute) return changed;
    changed |= merge_results();
    return hoist_sums() || changed;
  }

 private:
  const LoopAttributes& attributes() const { return loop_.attr<LoopAttributes>(); }
  Function& body() { return *loop_.body; }

  bool move_invariants();
  bool is_invariant(const Op& op) const;
  bool merge_results();
  bool hoist_sums();
  bool is_sum_of_parts(const Value* part, const UseMap& uses) const;
  Value* sum_of(Value* part);
  Value* of_all_iterations(Value* part);

  Function& function_;
  Op& loop_;
  Builder front_, behind_;
  std::unordered_map<const Value*, Value*> outside_;  // what is the same in every iteration
};

// Moves no constants, nor what only makes them larger: that costs nothing inside.
bool Hoister::is_invariant(const Op& op) const {
  if (op.body || has_trait(op.kind, kLeaf) || op.kind == OpKind::kBroadcast) return false;
  return std::ranges::all_of(op.operands, [&](const Value* operand) { return outside_.contains(operand); });
}

bool Hoister::move_invariants() {
  for (size_t i = 0; i < loop_.operands.size(); ++i)
    if (is_whole(attributes(), i)) outside_[body().parameters()[i].get()] = loop_.operands[i];
  bool changed = false;
  for (auto it = body().ops().begin(); it != body().ops().end();) {
    const Op& op = **it;
    if (!is_invariant(op)) {
      ++it;
      continue;
    }
    std::vector<Value*> operands;
    for (const Value* operand : op.operands) operands.push_back(outside_.at(operand));
    front_.set_location(op.location);
    Value* moved = front_.create(op.kind, std::move(operands), op.attributes, op.type());
    Value* parameter = add_whole_operand(loop_, moved);
    outside_[parameter] = moved;
    body().replace_uses(op.result(), parameter);
    it = body().ops().erase(it);
    changed = true;
  }
  return changed;
}

// Values that are put together twice.
bool Hoister::merge_results() {
  const UseMap uses(function_);
  bool changed = false;
  for (size_t i = 0; i < loop_.results.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const bool are_alike = is_stacked(attributes(), i) && is_stacked(attributes(), j) &&
                             body().results()[i].value == body().results()[j].value;
      if (!are_alike || uses.count(loop_.result(i)) == 0) continue;
      function_.replace_uses(loop_.result(i), loop_.result(j));
      changed = true;
      break;
    }
  return changed;
}

bool Hoister::hoist_sums() {
  const UseMap uses(body()), outer(function_);
  bool changed = false;
  for (const int64_t i : std::vector(attributes().sum)) {
    Value* part = body().results()[static_cast<size_t>(i)].value;
    Value* sum = loop_.result(static_cast<size_t>(i));
    if (outer.count(sum) == 0 || !is_sum_of_parts(part, uses)) continue;
    function_.replace_uses(sum, sum_of(part));
    changed = true;
  }
  return changed;
}

// Whether the sum over iterations of `part` is an op on what all iterations give.
bool Hoister::is_sum_of_parts(const Value* part, const UseMap& uses) const {
  const auto can_be_put_together = [&](const Value* value) {
    return !outside_.contains(value) && value->type.rank() > 0 && value->type.dim(0) > 0 &&
           (value->op == nullptr || value->op->kind != OpKind::kConstant);
  };
  const Op* op = part->op;
  if (op == nullptr || uses.count(part) != 1) return false;
  switch (op->kind) {
    case OpKind::kDot: {
      const auto& dot = op->attr<DotAttributes>();
      return dot.batch == 0 && dot.contract == std::array<int64_t, 2>{0, 0} &&
             std::ranges::all_of(op->operands, can_be_put_together);
    }
    case OpKind::kScatterAdd:
      return op->attr<ScatterAttributes>().dim == 0 && std::ranges::all_of(op->operands, can_be_put_together);
    case OpKind::kConvFilter: return std::ranges::all_of(op->operands, can_be_put_together);
    case OpKind::kReduceSum:
      return std::ranges::count(op->attr<DimsAttributes>().dims, 0) == 1 && can_be_put_together(op->operands[0]);
    case OpKind::kReshape:
    case OpKind::kTranspose: return is_sum_of_parts(op->operands[0], uses);
    case OpKind::kAdd: return is_sum_of_parts(op->operands[0], uses) && is_sum_of_parts(op->operands[1], uses);
    default: return false;
  }
}

Value* Hoister::sum_of(Value* part) {
  const Op& op = *part->op;
  const bool is_linear = op.kind == OpKind::kReshape || op.kind == OpKind::kTranspose || op.kind == OpKind::kAdd;
  std::vector<Value*> operands;
  for (Value* operand : op.operands) operands.push_back(is_linear ? sum_of(operand) : of_all_iterations(operand));
  behind_.set_location(op.location);
  return behind_.create(op.kind, std::move(operands), op.attributes, op.type());
}

Value* Hoister::of_all_iterations(Value* part) {
  if (part->op == nullptr && is_split(attributes(), static_cast<size_t>(part->index)))
    return loop_.operands[static_cast<size_t>(part->index)];
  return stacked_result(loop_, part);
}

}  // namespace

bool hoist_from_loops(Function& function) {
  bool changed = false;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    if (!is_sequential_loop(**it)) continue;
    changed |= hoist_from_loops(*(*it)->body);
    changed |= move_reshapes(function, it);
    changed |= Hoister(function, it).run();
  }
  return changed;
}

}  // namespace minnow

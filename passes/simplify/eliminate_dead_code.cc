#include "passes/simplify/eliminate_dead_code.h"

#include <algorithm>
#include <unordered_set>

#include "ir/loop.h"

namespace minnow {
namespace {

using Live = std::unordered_set<const Value*>;

// Marks what the values in `live` are computed from.
void reach_operands(const Function& function, Live& live) {
  for (auto op = function.ops().rbegin(); op != function.ops().rend(); ++op)
    if (std::ranges::any_of((*op)->results, [&](const auto& result) { return live.contains(result.get()); }))
      live.insert((*op)->operands.begin(), (*op)->operands.end());
}

// Which results of a loop are needed: those that are used, and the next values of what these are computed from.
std::vector<bool> needed_results(const Op& loop, const Live& live) {
  const auto& attributes = loop.attr<LoopAttributes>();
  std::vector<bool> needed;
  for (const auto& result : loop.results) needed.push_back(live.contains(result.get()));
  for (bool grows = true; grows;) {
    Live inside;
    for (size_t i = 0; i < needed.size(); ++i)
      if (needed[i]) inside.insert(loop.body->results()[i].value);
    reach_operands(*loop.body, inside);
    grows = false;
    for (size_t i = 0; i < attributes.carry.size(); ++i) {
      if (needed[i] || !inside.contains(loop.body->parameters()[carried_operand(attributes, i)].get())) continue;
      needed[i] = grows = true;
    }
  }
  return needed;
}

bool drop_unused_operands(Op& loop) {
  const UseMap uses(*loop.body);
  bool changed = false;
  for (size_t i = loop.operands.size(); i-- > 0;) {
    if (is_carried(loop.attr<LoopAttributes>(), i) || uses.count(loop.body->parameters()[i].get()) > 0) continue;
    drop_operand(loop, i);
    changed = true;
  }
  return changed;
}

// Leaves a loop without what nothing needs.
bool trim_loop(Op& loop, const Live& live) {
  bool changed = false;
  const std::vector<bool> needed = needed_results(loop, live);
  for (size_t i = needed.size(); i-- > 0;) {
    if (needed[i]) continue;
    drop_result(loop, i);
    changed = true;
  }
  changed |= eliminate_dead_code(*loop.body);
  return drop_unused_operands(loop) || changed;
}

}  // namespace

bool eliminate_dead_code(Function& function) {
  Live live;
  for (const FunctionResult& result : function.results()) live.insert(result.value);
  bool changed = false;
  for (auto it = function.ops().end(); it != function.ops().begin();) {
    Op& op = **--it;
    const bool used = std::ranges::any_of(op.results, [&](const auto& r) { return live.contains(r.get()); });
    if (used && is_sequential_loop(op)) changed |= trim_loop(op, live);
    if (used) live.insert(op.operands.begin(), op.operands.end());
    else it = function.ops().erase(it);
    changed |= !used;
  }
  return changed;
}

void drop_unread_weights(Function& function) {
  const UseMap uses(function);
  for (size_t i = function.parameters().size(); i-- > 0;) {
    const Value& parameter = *function.parameters()[i];
    const bool is_kept_outside = parameter.role == Role::kWeight || parameter.role == Role::kState;
    if (is_kept_outside && uses.count(&parameter) == 0 && function.find_result(parameter.name) == nullptr)
      function.remove_parameter(i);
  }
}

}  // namespace minnow

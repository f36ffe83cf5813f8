#include "passes/simplify/eliminate_dead_code.h"

#include <algorithm>
#include <unordered_set>

namespace minnow {

bool eliminate_dead_code(Function& function) {
  std::unordered_set<const Value*> live;
  for (const FunctionResult& result : function.results()) live.insert(result.value);
  bool changed = false;
  for (auto it = function.ops().end(); it != function.ops().begin();) {
    const Op& op = **--it;
    bool used = std::ranges::any_of(op.results, [&](const auto& r) { return live.contains(r.get()); });
    if (used) live.insert(op.operands.begin(), op.operands.end());
    else it = function.ops().erase(it);
    changed |= !used;
  }
  return changed;
}

}  // namespace minnow

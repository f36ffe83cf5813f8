#include "passes/fuse.h"

#include <algorithm>

#include "passes/outline.h"

namespace minnow {
namespace {

// The op that makes a parameter's new value should run after the last op that reads the old one. Moving it
// later is free of consequence unless one of its own users comes first.
bool sink_updates(Function& function) {
  bool changed = false;
  OpGraph graph(function);
  for (const FunctionResult& result : function.results()) {
    const Value* parameter = function.replaced_parameter(result);
    Op* update = result.value->op;
    if (!parameter || !update) continue;
    int last_reader = -1;
    for (const Op* reader : graph.uses().users(parameter)) last_reader = std::max(last_reader, graph.position(reader));
    if (last_reader <= graph.position(update)) continue;
    const bool has_early_user = std::ranges::any_of(update->results, [&](const auto& value) {
      return std::ranges::any_of(graph.uses().users(value.get()),
                                 [&](const Op* user) { return graph.position(user) <= last_reader; });
    });
    if (has_early_user) continue;
    auto& ops = function.ops();
    ops.splice(std::next(graph.iterator(graph.op(last_reader))), ops, graph.iterator(update));
    graph.renumber(function);
    changed = true;
  }
  return changed;
}

bool is_left_over(const Op& op, const UseMap& uses) {
  return (is_copied_freely(op) || op.kind == OpKind::kConstant) && uses.count(op.result()) == 0;
}

// The originals of what went into bodies as copies.
void remove_left_overs(Function& function) {
  for (bool found = true; found;) {
    const UseMap uses(function);
    found = std::erase_if(function.ops(), [&](const auto& op) { return is_left_over(*op, uses); }) > 0;
  }
}

bool fuse_with_bodies(Function& function, FusionLog* log) {
  bool changed = false;
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kMap) changed |= fuse_with_bodies(*op->body, log);
  changed |= fuse_rows(function, log);
  changed |= fuse_contractions(function, log);
  changed |= fuse_loops(function, log);
  if (changed) remove_left_overs(function);
  return sink_updates(function) || changed;
}

}  // namespace

bool fuse(Function& function, Remarks* remarks) {
  if (remarks == nullptr) return fuse_with_bodies(function, nullptr);
  FusionLog log;
  const bool changed = fuse_with_bodies(function, &log);
  remarks->begin("fuse", function);  // values have other names now
  remark_on_fusion(function, log, *remarks);
  return changed;
}

}  // namespace minnow

#include "passes/group/fuse.h"

#include <algorithm>

#include "passes/group/outline.h"

namespace minnow {
namespace {

void move_behind(Function& function, OpGraph& graph, Op* op, int position) {
  auto& ops = function.ops();
  ops.splice(std::next(graph.iterator(graph.op(position))), ops, graph.iterator(op));
  const int from = graph.position(op);
  std::vector<Op*> order;
  for (int i = from + 1; i <= position; ++i) order.push_back(graph.op(i));
  order.push_back(op);
  graph.arrange(from, position, order);
}

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
    move_behind(function, graph, update, last_reader);
    changed = true;
  }
  return changed;
}

bool is_left_over(const Op& op, const UseMap& uses) {
  return (is_copied_freely(op) || op.kind == OpKind::kConstant) && uses.count(op.result()) == 0;
}

// The originals of what went into bodies as copies; users before what they use.
void remove_left_overs(Function& function) {
  UseMap uses(function);
  auto& ops = function.ops();
  for (auto it = ops.end(); it != ops.begin();) {
    if (!is_left_over(**--it, uses)) continue;
    uses.remove(it->get());
    it = ops.erase(it);
  }
}

bool fuse_with_bodies(Function& function, FusionLog* log) {
  bool changed = false;
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kLoop) changed |= fuse_with_bodies(*op->body, log);
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

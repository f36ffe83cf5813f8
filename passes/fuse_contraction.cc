#include <algorithm>
#include <unordered_set>

#include "passes/fuse.h"
#include "passes/loop_rules.h"

namespace minnow {
namespace {

bool reads_random(const Op& op) {
  return std::ranges::any_of(
      op.operands, [](const Value* operand) { return operand->op && operand->op->kind == OpKind::kRandom; });
}

// Ops that a loop over their result's elements would compute badly, and that may be followed by an epilogue.
bool takes_epilogue(OpKind kind) {
  return has_trait(kind, kContraction) || kind == OpKind::kWindowPick || kind == OpKind::kWindowSpread;
}

// The contraction and what follows it element by element. A producer of another operand of the epilogue comes
// along if nothing else wants it; a random mask is better drawn in a loop of its own than kept as random
// numbers.
class EpilogueRules : public KernelRules {
 public:
  explicit EpilogueRules(const Op* contraction) : contraction_(contraction) {}

  bool admits(const Cluster& cluster, const Op& op) const override {
    if (op.type().shape != contraction_->type().shape) return false;
    if (op.kind == OpKind::kBroadcast) return true;
    if (!has_trait(op.kind, kElementwise)) return false;
    return reads_from(cluster, op) || (cluster.is_private(op.result()) && !reads_random(op));
  }

  bool is_kernel(const Cluster& cluster) const override {
    const bool has_prologue = std::ranges::any_of(
        contraction_->operands, [&](const Value* operand) { return cluster.defines(operand); });
    return !has_prologue && evaluates_once(cluster, contraction_->type().shape);
  }

 private:
  const Op* contraction_;
};

bool fuse_one_contraction(Function& function, std::unordered_set<const Op*>& tried) {
  const OpGraph graph(function);
  for (const Op* op : graph.ops()) {
    if (!takes_epilogue(op->kind) || !tried.insert(op).second) continue;
    if (std::ranges::any_of(op->operands, is_splat)) continue;  // a body has no memory for it
    const Cluster cluster = grow_cluster(graph, op, EpilogueRules(op));
    if (cluster.size() == 1) continue;
    outline(function, cluster, OpKind::kFused, FusedAttributes{FusionKind::kContraction});
    return true;
  }
  return false;
}

}  // namespace

bool fuse_contractions(Function& function) {
  std::unordered_set<const Op*> tried;
  bool changed = false;
  while (fuse_one_contraction(function, tried)) changed = true;
  return changed;
}

}  // namespace minnow

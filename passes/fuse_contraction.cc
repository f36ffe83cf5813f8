#include <algorithm>

#include "ir/windows.h"
#include "passes/fuse.h"
#include "passes/loop_rules.h"

namespace minnow {
namespace {

bool reads_random(const Op& op) {
  return std::ranges::any_of(op.operands,
                             [](const Value* operand) { return operand->op && operand->op->kind == OpKind::kRandom; });
}

// Ops that a loop over their result's elements would compute badly, and that may be followed by an epilogue.
bool takes_epilogue(const Op& op) { return has_trait(op.kind, kContraction) || scatters_each_once(op); }

// The contraction and what follows it element by element. A producer of another operand of the epilogue comes
// along if nothing else wants it; a random mask is better drawn in a loop of its own than kept as random
// numbers.
class EpilogueRules : public KernelRules {
 public:
  explicit EpilogueRules(const Op* contraction) : contraction_(contraction) {}

  std::string_view why_not(const Cluster& cluster, const Op& op) const override {
    if (op.type().shape != contraction_->type().shape) return "its shape is not the contraction's";
    if (op.kind == OpKind::kBroadcast) return {};
    if (!has_trait(op.kind, kElementwise)) return "only elementwise ops follow a contraction in its tiles";
    if (reads_from(cluster, op)) return {};
    if (!cluster.is_private(op.result())) return "others read it too, so it has to be written in any case";
    return reads_random(op) ? "random numbers are drawn in a loop of their own" : "";
  }

  std::string_view why_no_kernel(const Cluster& cluster) const override {
    const bool has_prologue =
        std::ranges::any_of(contraction_->operands, [&](const Value* operand) { return cluster.defines(operand); });
    if (has_prologue) return "a contraction reads its operands many times, so they are computed before it";
    return why_not_evaluated_once(cluster, contraction_->type().shape);
  }

 private:
  const Op* contraction_;
};

// None where an operand is a splat: a body has no memory for it.
std::unique_ptr<KernelRules> rules_around(const Op& op) {
  if (!takes_epilogue(op) || std::ranges::any_of(op.operands, is_splat)) return nullptr;
  return std::make_unique<EpilogueRules>(&op);
}

bool is_worthwhile(const Cluster& cluster) { return cluster.size() > 1; }

}  // namespace

bool fuse_contractions(Function& function, FusionLog* log) {
  return fuse_clusters(function, FusionKind::kContraction, rules_around, is_worthwhile, log);
}

}  // namespace minnow

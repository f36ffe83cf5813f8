#include <algorithm>

#include "ir/builder.h"
#include "passes/group/fuse.h"
#include "passes/group/grow_cluster.h"
#include "passes/group/kernel_form.h"

namespace minnow {
namespace {

bool reads_random(const Op& op) {
  return std::ranges::any_of(op.operands,
                             [](const Value* operand) { return operand->op && operand->op->kind == OpKind::kRandom; });
}

// The contraction and what follows it element by element. A producer of another operand of the epilogue comes
// along if nothing else wants it; a random mask is better drawn in a loop of its own than kept as random
// numbers.
class EpilogueRules : public KernelRules {
 public:
  explicit EpilogueRules(const Op* contraction) : contraction_(contraction) {}

  std::string_view why_not(const Cluster& cluster, const Op& op) const override {
    if (cluster.size() >= kMaxEpilogueOps) return "the epilogue has as many ops as one may have";
    if (const std::string_view why = why_not_in_contraction(*contraction_, op); !why.empty()) return why;
    if (widens(op)) return "what reads it widens it for nothing, and there is less to write";
    if (op.kind == OpKind::kBroadcast || reads_from(cluster, op)) return {};
    if (!cluster.is_private(op.result())) return "others read it too, so it has to be written in any case";
    return reads_random(op) ? "random numbers are drawn in a loop of their own" : "";
  }

  std::string_view why_no_kernel(const Cluster& cluster) const override {
    return why_no_contraction(KernelOps(cluster), *contraction_).why;
  }

 private:
  const Op* contraction_;
};

// Whether others read what moves the elements of `operand`, all of them products that may read through it, and before
// `reader` does.
bool wants_its_own(const UseMap& uses, const Op& reader, const Value* operand) {
  if (operand->op == nullptr || !is_read_through(reader, *operand->op) || uses.is_result(operand)) return false;
  const auto users = uses.users(operand);
  return users.front() != &reader && std::ranges::all_of(users, [](const Op* op) { return op->kind == OpKind::kDot; });
}

// A transpose or a broadcast that several products read through, forward and for gradients, becomes one for each: in
// their kernels it costs nothing, and there is no tensor to keep.
void copy_what_is_read_through(Function& function) {
  const UseMap uses(function);
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Builder b(function, it);
    b.set_location((*it)->location);
    for (Value*& operand : (*it)->operands)
      if (wants_its_own(uses, **it, operand))
        operand = b.create(operand->op->kind, operand->op->operands, operand->op->attributes, operand->type);
  }
}

// None where an operand is a splat: a body has no memory for it.
std::unique_ptr<KernelRules> rules_of_epilogue(const Op& op) {
  if (!takes_epilogue(op) || std::ranges::any_of(op.operands, is_splat)) return nullptr;
  return std::make_unique<EpilogueRules>(&op);
}

bool has_epilogue(const Cluster& cluster) {
  const KernelOps kernel(cluster);
  return cluster.size() > 1 &&
         std::ranges::all_of(kernel.ops(), [&](const Op* op) { return is_whole_contraction(kernel, *op); });
}

}  // namespace

bool fuse_contractions(Function& function, FusionLog* log) {
  copy_what_is_read_through(function);
  return fuse_clusters(function, FusionKind::kContraction, rules_of_epilogue, has_epilogue, log);
}

}  // namespace minnow

#include <algorithm>

#include "passes/group/fuse.h"
#include "passes/group/grow_cluster.h"
#include "passes/group/kernel_form.h"

namespace minnow {
namespace {

class LoopRules : public KernelRules {
 public:
  explicit LoopRules(Shape shape) : shape_(std::move(shape)) {}

  std::string_view why_not(const Cluster& cluster, const Op& op) const override {
    if (const std::string_view why = why_not_in_loop(op); !why.empty()) return why;
    if (cluster.reads(op) || (has_trait(op.kind, kElementwise) && op.type().shape == shape_)) return {};
    return "its elements are not those of the loop";
  }

  std::string_view why_no_kernel(const Cluster& cluster) const override {
    return why_no_loop(KernelOps(cluster), shape_).why;
  }

 private:
  Shape shape_;
};

// One op alone gains nothing from a body, unless the body spares it a splat or a broadcast in memory.
bool is_worthwhile_loop(const Cluster& cluster) {
  return cluster.size() > 1 || std::ranges::any_of(cluster.ops().front()->operands, is_splat);
}

std::unique_ptr<KernelRules> rules_of_loop(const Op& op) {
  return has_trait(op.kind, kElementwise) ? std::make_unique<LoopRules>(op.type().shape) : nullptr;
}

}  // namespace

bool fuse_loops(Function& function, FusionLog* log) {
  return fuse_clusters(function, FusionKind::kLoop, rules_of_loop, is_worthwhile_loop, log);
}

}  // namespace minnow

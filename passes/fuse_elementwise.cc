#include <algorithm>

#include "passes/fuse.h"
#include "passes/loop_rules.h"

namespace minnow {
namespace {

// Reshape stays outside: alone it costs nothing, inside it would break the loop's index into quotients.
bool has_place_in_loop(const Op& op) {
  static constexpr OpKind kOthers[] = {OpKind::kBroadcast, OpKind::kIota,  OpKind::kRandom,
                                       OpKind::kTranspose, OpKind::kSlice, OpKind::kPad};
  return has_trait(op.kind, kElementwise) || std::ranges::find(kOthers, op.kind) != std::end(kOthers);
}

class LoopRules : public KernelRules {
 public:
  explicit LoopRules(Shape shape) : shape_(std::move(shape)) {}

  std::string_view why_not(const Cluster& cluster, const Op& op) const override {
    if (op.kind == OpKind::kReshape) return "a reshape alone costs nothing, in a loop it would cost divisions";
    if (!has_place_in_loop(op)) return "a loop over elements cannot compute it well";
    const auto users = cluster.graph().uses().users(op.result());
    const bool is_producer = std::ranges::any_of(users, [&](const Op* user) { return cluster.contains(user); });
    if (is_producer || (has_trait(op.kind, kElementwise) && op.type().shape == shape_)) return {};
    return "its elements are not those of the loop";
  }

  std::string_view why_no_kernel(const Cluster& cluster) const override {
    return why_not_evaluated_once(cluster, shape_);
  }

 private:
  Shape shape_;
};

// One op alone gains nothing from a body, unless the body spares it a splat or a broadcast in memory.
bool is_worthwhile(const Cluster& cluster) {
  return cluster.size() > 1 || std::ranges::any_of(cluster.ops().front()->operands, is_splat);
}

std::unique_ptr<KernelRules> rules_around(const Op& op) {
  return has_trait(op.kind, kElementwise) ? std::make_unique<LoopRules>(op.type().shape) : nullptr;
}

}  // namespace

bool fuse_loops(Function& function, FusionLog* log) {
  return fuse_clusters(function, FusionKind::kLoop, rules_around, is_worthwhile, log);
}

}  // namespace minnow

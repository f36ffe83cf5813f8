#include "passes/grow_cluster.h"

#include <algorithm>
#include <iterator>

namespace minnow {

bool reads_from(const Cluster& cluster, const Op& op) {
  return std::ranges::any_of(op.operands, [&](const Value* operand) {
    if (cluster.defines(operand)) return true;
    return operand->op && operand->op->kind == OpKind::kBroadcast &&
           cluster.defines(operand->op->operands[0]);
  });
}

namespace {

class Grower {
 public:
  Grower(const OpGraph& graph, const Op* seed, const KernelRules& rules, bool across_phases)
      : rules_(rules), across_phases_(across_phases), phase_(seed->location.phase), cluster_(graph) {
    cluster_.add(seed);
    try_copies(*seed);
  }

  Cluster run();

 private:
  std::vector<Op*> neighbours() const;
  bool may_try(const Op& op) const;
  std::vector<const Op*> add_copies(const Op& op);
  void try_copies(const Op& op);
  bool try_add(const Op* op);

  const KernelRules& rules_;
  const bool across_phases_;
  const Phase phase_;
  Cluster cluster_;
};

// Producers and users of the members, users through a broadcast, and reductions over the same operand.
std::vector<Op*> Grower::neighbours() const {
  const UseMap& uses = cluster_.graph().uses();
  std::vector<Op*> found;
  for (const Op* member : cluster_.ops()) {
    for (const Value* operand : member->operands) {
      if (operand->op && !is_splat(operand)) found.push_back(operand->op);
      for (Op* sibling : uses.users(operand))
        if (has_trait(sibling->kind, kReduction)) found.push_back(sibling);
    }
    for (Op* user : uses.users(member->result())) {
      found.push_back(user);
      if (user->kind == OpKind::kBroadcast)
        std::ranges::copy(uses.users(user->result()), std::back_inserter(found));
    }
  }
  const auto position = [&](const Op* op) { return cluster_.graph().position(op); };
  std::ranges::sort(found, {}, position);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

bool Grower::may_try(const Op& op) const {
  const bool turns_back = phase_ == Phase::kForward && op.location.phase == Phase::kGradient;
  return !cluster_.contains(&op) && op.results.size() == 1 && (across_phases_ || !turns_back) &&
         rules_.admits(cluster_, op);
}

// What an op reads of the kind that is copied freely comes with it.
std::vector<const Op*> Grower::add_copies(const Op& op) {
  std::vector<const Op*> added;
  for (const Value* operand : op.operands) {
    const Op* producer = operand->op;
    if (!producer || !is_copied_freely(*producer) || cluster_.contains(producer)) continue;
    if (!rules_.admits(cluster_, *producer)) continue;
    cluster_.add(producer);
    added.push_back(producer);
  }
  return added;
}

void Grower::try_copies(const Op& op) {
  const std::vector<const Op*> copies = add_copies(op);
  if (rules_.is_kernel(cluster_)) return;
  for (const Op* copy : copies) cluster_.remove(copy);
}

bool Grower::try_add(const Op* op) {
  cluster_.add(op);
  const std::vector<const Op*> copies = add_copies(*op);
  if (cluster_.is_convex() && rules_.is_kernel(cluster_)) return true;
  for (const Op* copy : copies) cluster_.remove(copy);
  cluster_.remove(op);
  return false;
}

Cluster Grower::run() {
  for (bool grew = true; grew;) {
    grew = false;
    for (const Op* op : neighbours())
      if (may_try(*op) && !is_copied_freely(*op)) grew |= try_add(op);
  }
  return cluster_;
}

}  // namespace

Cluster grow_cluster(const OpGraph& graph, const Op* seed, const KernelRules& rules) {
  Cluster own_phase = Grower(graph, seed, rules, false).run();
  Cluster all_phases = Grower(graph, seed, rules, true).run();
  return all_phases.escaping_bytes() <= own_phase.escaping_bytes() ? all_phases : own_phase;
}

}  // namespace minnow

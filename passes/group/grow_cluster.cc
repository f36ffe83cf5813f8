#include "passes/group/grow_cluster.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

namespace minnow {

bool reads_from(const Cluster& cluster, const Op& op) {
  return std::ranges::any_of(op.operands, [&](const Value* operand) {
    if (cluster.defines(operand)) return true;
    return operand->op && operand->op->kind == OpKind::kBroadcast && cluster.defines(operand->op->operands[0]);
  });
}

bool widens(const Op& op) {
  if (op.kind != OpKind::kConvert) return false;
  const DType from = op.operands[0]->type.dtype;
  return is_float(from) && dtype_bytes(op.type().dtype) > dtype_bytes(from);
}

namespace {

class Grower {
 public:
  Grower(const OpGraph& graph, const Op* seed, const KernelRules& rules, bool across_phases, FusionLog* log)
      : rules_(rules), across_phases_(across_phases), phase_(seed->location.phase), cluster_(graph), log_(log) {
    cluster_.add(seed);
    try_copies(*seed);
  }

  Cluster run();

 private:
  std::vector<Op*> neighbours() const;
  std::string_view why_not(const Op& op) const;
  std::string_view why_no_kernel() const;
  std::vector<const Op*> add_copies(const Op& op);
  void try_copies(const Op& op);
  std::string_view try_add(const Op* op);

  const KernelRules& rules_;
  const bool across_phases_;
  const Phase phase_;
  Cluster cluster_;
  FusionLog* log_;
};

// Producers and users of the members, users through a broadcast, and reductions over the same operand. What two ops
// read of the same broadcast does not bring them together, since each has a copy.
std::vector<Op*> Grower::neighbours() const {
  const UseMap& uses = cluster_.graph().uses();
  std::vector<Op*> found;
  for (const Op* member : cluster_.ops()) {
    for (const Value* operand : member->operands) {
      if (operand->op && !is_splat(operand)) found.push_back(operand->op);
      std::ranges::copy(cluster_.graph().reductions(operand), std::back_inserter(found));
    }
    if (is_copied_freely(*member)) continue;
    for (Op* user : uses.users(member->result())) {
      found.push_back(user);
      if (user->kind == OpKind::kBroadcast) std::ranges::copy(uses.users(user->result()), std::back_inserter(found));
    }
  }
  const auto position = [&](const Op* op) { return cluster_.graph().position(op); };
  std::ranges::sort(found, {}, position);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

constexpr std::string_view kWritesMore = "a forward kernel takes gradients along only if that leaves no more to write";

std::string_view Grower::why_not(const Op& op) const {
  if (op.results.size() != 1) return "it is a kernel with several results already";
  const bool turns_back = phase_ == Phase::kForward && op.location.phase == Phase::kGradient;
  if (turns_back && !across_phases_) return kWritesMore;
  return rules_.why_not(cluster_, op);
}

// What an op reads of the kind that is copied freely comes with it.
std::vector<const Op*> Grower::add_copies(const Op& op) {
  std::vector<const Op*> added;
  for (const Value* operand : op.operands) {
    const Op* producer = operand->op;
    if (!producer || !is_copied_freely(*producer) || cluster_.contains(producer)) continue;
    if (!rules_.why_not(cluster_, *producer).empty()) continue;
    cluster_.add(producer);
    added.push_back(producer);
  }
  return added;
}

void Grower::try_copies(const Op& op) {
  const std::vector<const Op*> copies = add_copies(op);
  if (rules_.why_no_kernel(cluster_).empty()) return;
  for (const Op* copy : copies) cluster_.remove(copy);
}

std::string_view Grower::why_no_kernel() const {
  if (cluster_.last() - cluster_.first() > kMaxKernelSpan) return "too many ops lie between them";
  if (!cluster_.is_convex()) return "a path leads out of the kernel and back, so that it would wait for itself";
  return rules_.why_no_kernel(cluster_);
}

// Empty if the op has been added.
std::string_view Grower::try_add(const Op* op) {
  if (cluster_.size() >= kMaxKernelOps) return "the kernel has as many ops as one may have";
  cluster_.add(op);
  const std::vector<const Op*> copies = add_copies(*op);
  const std::string_view reason = why_no_kernel();
  if (reason.empty()) return {};
  for (const Op* copy : copies) cluster_.remove(copy);
  cluster_.remove(op);
  return reason;
}

// Of the op and each member that it reads or that reads it, if only through a broadcast.
void log_refusal(const Cluster& cluster, const Op& op, std::string_view reason, FusionLog& log) {
  for (const Value* operand : op.operands) {
    const Op* producer = operand->op;
    if (producer && producer->kind == OpKind::kBroadcast && !cluster.contains(producer))
      producer = producer->operands[0]->op;
    if (cluster.contains(producer)) log.refuse(producer, &op, reason);
  }
  for (const auto& result : op.results) {
    for (const Op* user : cluster.graph().uses().users(result.get())) {
      if (cluster.contains(user)) log.refuse(&op, user, reason);
      if (user->kind != OpKind::kBroadcast) continue;
      for (const Op* reader : cluster.graph().uses().users(user->result()))
        if (cluster.contains(reader)) log.refuse(&op, reader, reason);
    }
  }
}

Cluster Grower::run() {
  for (bool grew = true; grew;) {
    grew = false;
    for (const Op* op : neighbours()) {
      if (cluster_.contains(op)) continue;
      std::string_view reason = why_not(*op);
      if (reason.empty() && is_copied_freely(*op)) continue;  // comes along with its readers
      if (reason.empty()) reason = try_add(op);
      grew |= reason.empty();
      if (!reason.empty() && log_ != nullptr) log_refusal(cluster_, *op, reason, *log_);
    }
  }
  return cluster_;
}

}  // namespace

Cluster grow_cluster(const OpGraph& graph, const Op* seed, const KernelRules& rules, FusionLog* log) {
  Cluster own_phase = Grower(graph, seed, rules, false, log).run();
  Cluster all_phases = Grower(graph, seed, rules, true, log).run();
  if (all_phases.escaping_bytes() <= own_phase.escaping_bytes()) return all_phases;
  for (const Op* op : all_phases.ops())
    if (log != nullptr && !own_phase.contains(op)) log_refusal(own_phase, *op, kWritesMore, *log);
  return own_phase;
}

bool fuse_clusters(Function& function, FusionKind kind, std::unique_ptr<KernelRules> (*rules_around)(const Op& seed),
                   bool (*is_worthwhile)(const Cluster&), FusionLog* log) {
  OpGraph graph(function);
  std::unordered_set<const Op*> tried;
  bool changed = false;
  for (int i = 0; i < graph.size(); ++i) {
    const Op* op = graph.op(i);
    if (op == nullptr || !tried.insert(op).second) continue;
    const std::unique_ptr<KernelRules> rules = rules_around(*op);
    if (!rules) continue;
    const Cluster cluster = grow_cluster(graph, op, *rules, log);
    if (!is_worthwhile(cluster)) continue;
    i = cluster.first() - 1;  // from there on, ops have other places
    outline(function, graph, cluster, OpKind::kFused, FusedAttributes{kind});
    changed = true;
  }
  return changed;
}

}  // namespace minnow

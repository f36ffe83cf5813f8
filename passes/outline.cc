#include "passes/outline.h"

#include <algorithm>

namespace minnow {

OpGraph::OpGraph(const Function& function) : uses_(function) { renumber(function); }

void OpGraph::renumber(const Function& function) {
  ops_.clear();
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    places_[it->get()] = {static_cast<int>(ops_.size()), it};
    ops_.push_back(it->get());
  }
}

bool is_splat(const Value* value) {
  return value->op && value->op->kind == OpKind::kConstant && value->op->attr<ConstantAttributes>().is_splat();
}

std::vector<Op*> Cluster::ops() const {
  std::vector<Op*> ops;
  for (const int position : positions_) ops.push_back(graph_->op(position));
  return ops;
}

bool Cluster::is_private(const Value* value) const {
  if (graph_->uses().is_result(value) || graph_->uses().count(value) == 0) return false;
  return std::ranges::all_of(graph_->uses().users(value), [&](const Op* user) {
    return contains(user) && (!is_copied_freely(*user) || is_private(user->result()));
  });
}

bool Cluster::escapes(const Value* value) const { return !is_copied_freely(*value->op) && !is_private(value); }

int64_t Cluster::escaping_bytes() const {
  int64_t bytes = 0;
  for (const Op* op : ops())
    for (const auto& result : op->results)
      if (escapes(result.get())) bytes += result->type.bytes();
  return bytes;
}

namespace {

// Ops outside the cluster, between its first and its last, that depend on it, in program order; nullopt if the cluster
// depends on one of them in turn. A copied op counts as both inside (the copy) and outside (the original).
std::optional<std::vector<Op*>> dependents_between(const Cluster& cluster) {
  const OpGraph& graph = cluster.graph();
  const std::vector<Op*> members = cluster.ops();
  const int first = graph.position(members.front());
  const int last = graph.position(members.back());
  std::vector<bool> is_dependent(static_cast<size_t>(last - first + 1));
  bool comes_back = false;
  const auto follow = [&](const Value* value) {
    for (const Op* user : graph.uses().users(value)) {
      if (graph.position(user) > last) continue;
      const bool is_member = cluster.contains(user);
      const bool is_original = is_member && is_copied_freely(*user) && !cluster.is_private(user->result());
      // A member that reads a copied op reads the copy.
      comes_back |= is_member && !cluster.defines(value);
      if (!is_member || is_original) is_dependent[static_cast<size_t>(graph.position(user) - first)] = true;
    }
  };
  for (const Op* member : members)
    for (const auto& result : member->results)
      if (cluster.escapes(result.get())) follow(result.get());
  std::vector<Op*> dependents;
  for (int i = first; i <= last && !comes_back; ++i) {
    if (!is_dependent[static_cast<size_t>(i - first)]) continue;
    dependents.push_back(graph.op(i));
    for (const auto& result : graph.op(i)->results) follow(result.get());
  }
  if (comes_back) return std::nullopt;
  return dependents;
}

}  // namespace

bool Cluster::is_convex() const { return dependents_between(*this).has_value(); }

namespace {

// One use of outline(): the function, its graph, the cluster and the body under construction.
class Outliner {
 public:
  Outliner(Function& function, OpGraph& graph, const Cluster& cluster)
      : function_(function), graph_(graph), cluster_(cluster) {}

  Op* run(OpKind kind, Attributes attributes);

 private:
  void move_into_body(Op* op);
  Op* copy_into_body(const Op* op);
  Value* inside(Value* value);
  void adopt(Op* op);

  Function& function_;
  OpGraph& graph_;
  const Cluster& cluster_;
  std::unique_ptr<Function> body_ = std::make_unique<Function>("body");
  std::vector<Value*> operands_;
  std::unordered_map<const Value*, Value*> inside_;
};

Op* Outliner::copy_into_body(const Op* op) {
  auto twin = make_op(op->kind, op->operands, op->attributes, {op->type()}, op->location);
  twin->history = op->history;
  inside_[op->result()] = twin->result();
  return body_->insert(body_->ops().end(), std::move(twin));
}

Value* Outliner::inside(Value* value) {
  if (const auto it = inside_.find(value); it != inside_.end()) return it->second;
  if (is_splat(value)) return copy_into_body(value->op)->result();
  operands_.push_back(value);
  return inside_[value] = body_->add_parameter("a" + std::to_string(operands_.size() - 1), value->type);
}

// Operands first: they may add constants to the body.
void Outliner::adopt(Op* op) {
  for (Value*& operand : op->operands) operand = inside(operand);
}

void Outliner::move_into_body(Op* op) {
  graph_.uses().remove(op);
  adopt(op);
  for (const auto& result : op->results) inside_[result.get()] = result.get();
  body_->ops().splice(body_->ops().end(), function_.ops(), graph_.iterator(op));
}

Op* Outliner::run(OpKind kind, Attributes attributes) {
  const std::vector<Op*> members = cluster_.ops();
  const auto dependents = dependents_between(cluster_);
  MINNOW_CHECK(dependents, "a cluster around {} depends on itself", mnemonic(members.front()->kind));

  std::vector<Value*> escaping;
  std::vector<bool> is_copied;
  for (const Op* op : members) {
    is_copied.push_back(is_copied_freely(*op) && !cluster_.is_private(op->result()));
    for (const auto& result : op->results)
      if (cluster_.escapes(result.get())) escaping.push_back(result.get());
  }
  const auto after = std::next(graph_.iterator(members.back()));
  for (Op* op : *dependents) function_.ops().splice(after, function_.ops(), graph_.iterator(op));
  const auto before = dependents->empty() ? after : graph_.iterator(dependents->front());

  const std::string what = std::string(mnemonic(kind));
  for (size_t i = 0; i < members.size(); ++i) {
    members[i]->remember((is_copied[i] ? "copied into a " : "moved into a ") + what);
    if (!is_copied[i]) {
      move_into_body(members[i]);
      continue;
    }
    auto twin = make_op(members[i]->kind, members[i]->operands, members[i]->attributes, {members[i]->type()},
                        members[i]->location);
    twin->history = members[i]->history;
    adopt(twin.get());
    inside_[members[i]->result()] = twin->result();
    body_->insert(body_->ops().end(), std::move(twin));
  }

  std::vector<TensorType> types;
  for (Value* value : escaping) {
    types.push_back(value->type);
    body_->add_result("", value);
  }
  auto op = make_op(kind, operands_, std::move(attributes), std::move(types), members.back()->location);
  for (size_t i = 0; i < escaping.size(); ++i) {
    function_.replace_uses(escaping[i], op->result(i));
    graph_.uses().replace(escaping[i], op->result(i));
  }
  op->body = std::move(body_);
  Op* outlined = function_.insert(before, std::move(op));
  graph_.uses().add(outlined);
  graph_.renumber(function_);
  return outlined;
}

}  // namespace

Op* outline(Function& function, OpGraph& graph, const Cluster& cluster, OpKind kind, Attributes attributes) {
  return Outliner(function, graph, cluster).run(kind, std::move(attributes));
}

}  // namespace minnow

#include "passes/group/outline.h"

#include <algorithm>
#include <unordered_set>

#include "ir/steps.h"

namespace minnow {

OpGraph::OpGraph(const Function& function) : uses_(function) {
  count_steps(function.ops().size());
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    places_[it->get()] = {size(), it};
    ops_.push_back(it->get());
    if (has_trait((*it)->kind, kReduction)) reductions_.add(it->get());
  }
}

void OpGraph::remove(const Op* op) {
  uses_.remove(op);
  if (has_trait(op->kind, kReduction)) reductions_.remove(op);
  ops_[static_cast<size_t>(position(op))] = nullptr;
}

void OpGraph::add(Op* op, Function::OpList::const_iterator iterator) {
  uses_.add(op);
  if (has_trait(op->kind, kReduction)) reductions_.add(op);
  places_[op] = {-1, iterator};
}

void OpGraph::arrange(int first, int last, const std::vector<Op*>& ops) {
  MINNOW_CHECK(ops.size() <= static_cast<size_t>(last - first + 1), "{} ops in {} places", ops.size(),
               last - first + 1);
  count_steps(static_cast<size_t>(last - first + 1));
  const auto begin = ops_.begin() + first;
  std::fill(std::ranges::copy(ops, begin).out, ops_.begin() + last + 1, nullptr);
  for (size_t i = 0; i < ops.size(); ++i) places_.at(ops[i]).position = first + static_cast<int>(i);
}

void OpGraph::replace(Function& function, const Value* from, Value* to) {
  uses_.replace(function, from, to);
  reductions_.replace(function, from, to);
}

bool is_splat(const Value* value) {
  return value->op && value->op->kind == OpKind::kConstant && value->op->attr<ConstantAttributes>().is_splat();
}

std::vector<Op*> Cluster::ops() const {
  count_steps(positions_.size());
  std::vector<Op*> ops;
  for (const int position : positions_) ops.push_back(graph_->op(position));
  return ops;
}

// Of the op's users and the members' operands, whichever are fewer.
bool Cluster::reads(const Op& op) const {
  constexpr size_t kFewUsers = 64;
  const auto is_user = [&](const Op* member) {
    return std::ranges::any_of(member->operands, [&](const Value* operand) { return operand->op == &op; });
  };
  return std::ranges::any_of(op.results, [&](const auto& result) {
    if (graph_->uses().count(result.get()) > kFewUsers) return std::ranges::any_of(ops(), is_user);
    return std::ranges::any_of(graph_->uses().users(result.get()), [&](const Op* user) { return contains(user); });
  });
}

int Cluster::first() const {
  return *std::ranges::find_if(positions_, [&](int position) { return !is_copied_freely(*graph_->op(position)); });
}

int Cluster::last() const {
  return *std::find_if(positions_.rbegin(), positions_.rend(),
                       [&](int position) { return !is_copied_freely(*graph_->op(position)); });
}

// Where users are copied freely, theirs matter.
bool Cluster::is_private(const Value* value) const {
  std::vector<const Value*> open = {value};
  while (!open.empty()) {
    const Value* inner = open.back();
    open.pop_back();
    if (graph_->uses().is_result(inner) || graph_->uses().count(inner) == 0) return false;
    for (const Op* user : graph_->uses().users(inner)) {
      count_steps();
      if (!contains(user)) return false;
      if (is_copied_freely(*user)) open.push_back(user->result());
    }
  }
  return true;
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
  const int last = cluster.last();
  std::vector<Op*> dependents;
  std::unordered_set<const Op*> found;
  bool comes_back = false;
  const auto follow = [&](const Value* value) {
    for (Op* user : graph.uses().users(value)) {
      count_steps();
      if (graph.position(user) > last) continue;
      const bool is_member = cluster.contains(user);
      const bool is_original = is_member && is_copied_freely(*user) && !cluster.is_private(user->result());
      // A member that reads a copied op reads the copy.
      comes_back |= is_member && !cluster.defines(value);
      if ((!is_member || is_original) && found.insert(user).second) dependents.push_back(user);
    }
  };
  for (const Op* member : cluster.ops())
    for (const auto& result : member->results)
      if (cluster.escapes(result.get())) follow(result.get());
  for (size_t i = 0; i < dependents.size() && !comes_back; ++i)
    for (const auto& result : dependents[i]->results) follow(result.get());
  if (comes_back) return std::nullopt;
  std::ranges::sort(dependents, {}, [&](const Op* op) { return graph.position(op); });
  return dependents;
}

}  // namespace

bool Cluster::is_convex() const { return dependents_between(*this).has_value(); }

namespace {

// One use of outline(): the function, its graph, the cluster and the body under construction.
class Outliner {
 public:
  Outliner(Function& function, OpGraph& graph, const Cluster& cluster, std::vector<Op*> members)
      : function_(function), graph_(graph), cluster_(cluster), members_(std::move(members)) {}

  Op* run(OpKind kind, Attributes attributes, const std::vector<Op*>& dependents);

 private:
  bool is_moved(const Op& member) const { return !is_copied_freely(member) || cluster_.is_private(member.result()); }
  std::vector<Op*> new_order(const std::vector<Op*>& dependents) const;
  void fill_body(std::string_view what);
  void move_into_body(Op* op);
  Op* copy_into_body(const Op* op);
  Value* inside(Value* value);
  void adopt(Op* op);

  Function& function_;
  OpGraph& graph_;
  const Cluster& cluster_;
  const std::vector<Op*> members_;
  std::unique_ptr<Function> body_ = std::make_unique<Function>("body");
  std::vector<Value*> operands_;
  std::unordered_map<const Value*, Value*> inside_;
};

Op* Outliner::copy_into_body(const Op* op) {
  auto copy = make_op(op->kind, op->operands, op->attributes, {op->type()}, op->location);
  copy->history = op->history;
  adopt(copy.get());
  inside_[op->result()] = copy->result();
  return body_->insert(body_->ops().end(), std::move(copy));
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
  graph_.remove(op);
  adopt(op);
  for (const auto& result : op->results) inside_[result.get()] = result.get();
  body_->ops().splice(body_->ops().end(), function_.ops(), graph_.iterator(op));
}

// Of those between the cluster's first and its last: what does not depend on it, nullptr for the op that it becomes,
// and what does.
std::vector<Op*> Outliner::new_order(const std::vector<Op*>& dependents) const {
  const std::unordered_set<const Op*> behind(dependents.begin(), dependents.end());
  std::unordered_set<const Op*> gone;
  for (const Op* member : members_)
    if (is_moved(*member)) gone.insert(member);
  std::vector<Op*> order;
  for (int i = cluster_.first(); i <= cluster_.last(); ++i)
    if (Op* op = graph_.op(i); op && !gone.contains(op) && !behind.contains(op)) order.push_back(op);
  order.push_back(nullptr);
  order.insert(order.end(), dependents.begin(), dependents.end());
  return order;
}

void Outliner::fill_body(std::string_view what) {
  std::vector<bool> is_moved;  // before anything does
  for (const Op* member : members_) is_moved.push_back(this->is_moved(*member));
  for (size_t i = 0; i < members_.size(); ++i) {
    members_[i]->remember(fmt::format("{} into a {}", is_moved[i] ? "moved" : "copied", what));
    if (is_moved[i]) move_into_body(members_[i]);
    else copy_into_body(members_[i]);
  }
}

Op* Outliner::run(OpKind kind, Attributes attributes, const std::vector<Op*>& dependents) {
  std::vector<Value*> escaping;
  for (const Op* op : members_)
    for (const auto& result : op->results)
      if (cluster_.escapes(result.get())) escaping.push_back(result.get());
  const int last = cluster_.last();
  const int first = dependents.empty() ? last : cluster_.first();
  std::vector<Op*> order = dependents.empty() ? std::vector<Op*>{nullptr} : new_order(dependents);
  const auto after = std::next(graph_.iterator(graph_.op(last)));
  for (Op* op : dependents) function_.ops().splice(after, function_.ops(), graph_.iterator(op));
  const auto before = dependents.empty() ? after : graph_.iterator(dependents.front());
  fill_body(mnemonic(kind));

  std::vector<TensorType> types;
  for (Value* value : escaping) {
    types.push_back(value->type);
    body_->add_result("", value);
  }
  auto op = make_op(kind, operands_, std::move(attributes), std::move(types), members_.back()->location);
  for (size_t i = 0; i < escaping.size(); ++i) graph_.replace(function_, escaping[i], op->result(i));
  op->body = std::move(body_);
  Op* outlined = function_.insert(before, std::move(op));
  graph_.add(outlined, std::prev(before));
  std::ranges::replace(order, static_cast<Op*>(nullptr), outlined);
  graph_.arrange(first, last, order);
  return outlined;
}

}  // namespace

Op* outline(Function& function, OpGraph& graph, const Cluster& cluster, OpKind kind, Attributes attributes) {
  const auto dependents = dependents_between(cluster);
  MINNOW_CHECK(dependents, "a cluster around {} depends on itself", mnemonic(cluster.ops().front()->kind));
  return Outliner(function, graph, cluster, cluster.ops()).run(kind, std::move(attributes), *dependents);
}

Op* outline_in_place(Function& function, OpGraph& graph, const Cluster& cluster, std::vector<Op*> members, OpKind kind,
                     Attributes attributes) {
  return Outliner(function, graph, cluster, std::move(members)).run(kind, std::move(attributes), {});
}

}  // namespace minnow

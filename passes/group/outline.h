// Moving a set of ops into the body of one op.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "ir/function.h"

namespace minnow {

// Order and users of a function's ops. Stale as soon as the function changes, unless it is told.
class OpGraph {
 public:
  explicit OpGraph(const Function& function);

  // Positions grow in program order, up to `size`. Those of ops that are gone stay empty: op() is then nullptr.
  int size() const { return static_cast<int>(ops_.size()); }
  Op* op(int position) const { return ops_[static_cast<size_t>(position)]; }
  int position(const Op* op) const { return places_.at(op).position; }
  Function::OpList::const_iterator iterator(const Op* op) const { return places_.at(op).iterator; }

  const UseMap& uses() const { return uses_; }
  UseMap& uses() { return uses_; }
  // The reductions among a value's users.
  std::span<Op* const> reductions(const Value* value) const { return reductions_.users(value); }

  // The op is about to leave the function, or to read something else.
  void remove(const Op* op);
  // It is in the function, where `iterator` is, but has no position yet.
  void add(Op* op, Function::OpList::const_iterator iterator);
  // Ops between the positions `first` and `last` stand in this order now; there may be fewer than before.
  void arrange(int first, int last, const std::vector<Op*>& ops);
  // What used `from` uses `to` from now on, in the function as well.
  void replace(Function& function, const Value* from, Value* to);

 private:
  struct Place {
    int position;
    Function::OpList::const_iterator iterator;
  };
  std::vector<Op*> ops_;
  std::unordered_map<const Op*, Place> places_;  // and of ops that have gone into bodies, which none asks for
  UseMap uses_, reductions_;
};

// Ops that cost nothing to compute twice: a kernel takes a copy of them and leaves the original to its other
// users.
inline bool is_copied_freely(const Op& op) { return op.kind == OpKind::kBroadcast || op.kind == OpKind::kIota; }
// Splats become constants of every body that reads them; they are never members of a cluster.
bool is_splat(const Value* value);

// A set of ops on its way to becoming one op with a body.
class Cluster {
 public:
  explicit Cluster(const OpGraph& graph) : graph_(&graph) {}

  const OpGraph& graph() const { return *graph_; }
  void add(const Op* op) { positions_.insert(graph_->position(op)); }
  void remove(const Op* op) { positions_.erase(graph_->position(op)); }
  size_t size() const { return positions_.size(); }
  bool contains(const Op* op) const { return op && positions_.contains(graph_->position(op)); }
  bool defines(const Value* value) const { return contains(value->op); }
  std::vector<Op*> ops() const;    // in program order
  bool reads(const Op& op) const;  // whether a member reads a result of `op`
  // Positions of the first and last members that are not copied.
  int first() const;
  int last() const;

  // No op outside can see the value once the cluster is one op. A value without users is not private: a dead
  // op must still be a result of what it is fused into.
  bool is_private(const Value* value) const;
  // The value must be a result of the fused op.
  bool escapes(const Value* value) const;
  int64_t escaping_bytes() const;
  // No path leaves the set and comes back: the condition for it to be one op without making a cycle.
  bool is_convex() const;

 private:
  const OpGraph* graph_;
  std::set<int> positions_;
};

// Replaces a convex cluster of `graph` by one op with a body and the location of the cluster's last op. Values from
// outside become the body's parameters a0, a1, ... in order of first use; values that escape become its results in
// program order. Ops in between that depend on the cluster move behind it. The graph learns of it; `cluster` is stale
// afterwards.
Op* outline(Function& function, OpGraph& graph, const Cluster& cluster, OpKind kind, Attributes attributes);
// The same, but the op stands where the cluster's last stood, and what depends on it stays where it is, if in front of
// it: whoever calls sees to the order. The body has the cluster's ops in the order of `members`.
Op* outline_in_place(Function& function, OpGraph& graph, const Cluster& cluster, std::vector<Op*> members, OpKind kind,
                     Attributes attributes);

}  // namespace minnow

// The ops that one kernel is to compute, as the rules of kernels see them: a cluster that may become a body, or the
// body of a fused op.
#pragma once

#include <optional>
#include <vector>

#include "passes/group/outline.h"

namespace minnow {

class KernelOps {
 public:
  explicit KernelOps(const Cluster& cluster);
  explicit KernelOps(const Function& body);

  // In program order, without constants: those are in the code or in memory.
  const std::vector<const Op*>& ops() const { return ops_; }
  bool contains(const Op* op) const;
  bool defines(const Value* value) const { return contains(value->op); }
  // What the kernel writes.
  bool is_result(const Value* value) const;
  // Ops that read the value, of which others than the kernel's may be.
  std::span<Op* const> users(const Value* value) const { return uses().users(value); }

 private:
  const UseMap& uses() const { return cluster_ != nullptr ? cluster_->graph().uses() : *own_uses_; }

  const Cluster* cluster_ = nullptr;  // of a body: nullptr
  std::optional<UseMap> own_uses_;
  std::vector<const Op*> ops_;
};

}  // namespace minnow

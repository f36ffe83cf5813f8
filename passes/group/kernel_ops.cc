#include "passes/group/kernel_ops.h"

namespace minnow {

KernelOps::KernelOps(const Cluster& cluster) : cluster_(&cluster) {
  for (const Op* op : cluster.ops()) ops_.push_back(op);
}

KernelOps::KernelOps(const Function& body) : own_uses_(body) {
  for (const auto& op : body.ops())
    if (op->kind != OpKind::kConstant) ops_.push_back(op.get());
}

bool KernelOps::contains(const Op* op) const {
  if (cluster_ != nullptr) return cluster_->contains(op);
  return op != nullptr && op->kind != OpKind::kConstant;
}

bool KernelOps::is_result(const Value* value) const {
  return cluster_ != nullptr ? cluster_->escapes(value) : own_uses_->is_result(value);
}

}  // namespace minnow

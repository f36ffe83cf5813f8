// How a cluster grows from a seed: it takes producers and consumers one by one, as far as its kind of kernel
// can compute them and the set stays free of cycles.
#pragma once

#include "passes/outline.h"

namespace minnow {

// What a kind of fused kernel can hold.
class KernelRules {
 public:
  virtual ~KernelRules() = default;
  // May `op`, a neighbour of the cluster, be tried? Judges the op by itself.
  virtual bool admits(const Cluster& cluster, const Op& op) const = 0;
  // Is the whole set a kernel of this kind?
  virtual bool is_kernel(const Cluster& cluster) const = 0;
};

// True if the op reads a value of the cluster, directly or through a broadcast.
bool reads_from(const Cluster& cluster, const Op& op);

// The largest cluster found around `seed`. A forward kernel takes ops of the backward pass along only if that
// leaves no more bytes to write: the sign of an activation, yes; another tensor kept from forward to
// backward, no.
Cluster grow_cluster(const OpGraph& graph, const Op* seed, const KernelRules& rules);

}  // namespace minnow

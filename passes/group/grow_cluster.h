// How a cluster grows from a seed: it takes producers and consumers one by one, as far as its kind of kernel
// can compute them and the set stays free of cycles.
#pragma once

#include <memory>
#include <string_view>

#include "ir/threshold.h"
#include "passes/group/fusion_log.h"
#include "passes/group/outline.h"

namespace minnow {

// What a kind of fused kernel can hold.
class KernelRules {
 public:
  virtual ~KernelRules() = default;
  // Why `op`, a neighbour of the cluster, need not be tried; empty: it may. Judges the op by itself.
  virtual std::string_view why_not(const Cluster& cluster, const Op& op) const = 0;
  // Why the whole set is no kernel of this kind; empty: it is one.
  virtual std::string_view why_no_kernel(const Cluster& cluster) const = 0;
};

// The most of a cluster, copies that come with the last one apart. More would hardly run faster, since registers are
// few, and LLVM's time grows with the square of a kernel's loads and stores.
inline const Threshold kMaxKernelOps{"ops of a kernel", 128};

// How far apart a cluster's ops may lie: between them is looked for paths that lead out of the cluster and back.
inline const Threshold kMaxKernelSpan{"ops between those of a kernel", 4096};

// True if the op reads a value of the cluster, directly or through a broadcast.
bool reads_from(const Cluster& cluster, const Op& op);

// A conversion to a wider float.
bool widens(const Op& op);

// The largest cluster found around `seed`. A forward kernel takes ops of the backward pass along only if that
// leaves no more bytes to write: the sign of an activation, yes; another tensor kept from forward to
// backward, no.
// `log`, unless it is nullptr, learns why neighbours stay outside.
Cluster grow_cluster(const OpGraph& graph, const Op* seed, const KernelRules& rules, FusionLog* log = nullptr);

// Makes a `fused` op of each worthwhile cluster, around one seed after the other in program order. A seed is an op that
// `rules_around` has rules for. True if there was one.
bool fuse_clusters(Function& function, FusionKind kind, std::unique_ptr<KernelRules> (*rules_around)(const Op& seed),
                   bool (*is_worthwhile)(const Cluster&), FusionLog* log);

}  // namespace minnow

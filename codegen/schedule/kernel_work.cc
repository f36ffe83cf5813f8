#include "codegen/schedule/kernel_work.h"

#include "ir/threshold.h"

namespace minnow {
namespace {

// The order of the sums depends on it: so it is one for all machines.
const Threshold kMaxLaneBytes{"bytes of a filter that is summed in a number for each lane", 48 << 10};

}  // namespace

bool sums_lanes_apart(const Op& op) {
  if (op.kind == OpKind::kDot) return false;
  return op.kind != OpKind::kConvFilter || (!filters_minimally(op) && op.type().bytes() <= kMaxLaneBytes);
}

std::string KernelWork::schedule_text() const {
  if (contraction) return text_of(*contraction);
  return window ? text_of(*window) : "";
}

}  // namespace minnow

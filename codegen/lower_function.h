// The list of kernels that a function becomes, before any LLVM.
#pragma once

#include <vector>

#include "codegen/schedule/kernel_work.h"
#include "passes/plan_memory.h"

namespace minnow {

struct LoweredFunction {
  std::vector<Buffer> buffers;
  std::vector<const Op*> constants;  // by `index` of their buffers, which hold no data yet
  std::vector<BlockLoop> loops;
  std::vector<SequentialLoop> sequences;
  Storage storage{buffers};
  std::vector<KernelWork> works;
  int64_t arena_bytes = 0;
  bool keeps_weights = false;  // what is made of weights alone has memory of its own, for runs with the same weights
  Remarks* remarks = nullptr;  // where lowering says which layout a value has, and why

  LoweredFunction() = default;
  LoweredFunction(const LoweredFunction&) = delete;
};

// Places every tensor in a buffer and divides every op into kernels.
void lower_function(const Function& function, const MemoryPlan& plan, const Target& target, LoweredFunction& lowered);

// What the buffer of a constant holds.
std::vector<std::byte> constant_bytes(const Op& op);

}  // namespace minnow

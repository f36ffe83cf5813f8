// The memory of a function whose kernels need bytes of their own: a plan that leaves them room while they run.
#pragma once

#include <cstdint>
#include <span>

#include "passes/plan_memory.h"

namespace minnow {

// Op i of Function::ops() needs `scratch[i]` bytes beside its operands and results. They are part of the arena, at any
// place that holds nothing then.
MemoryPlan plan_memory_with_scratch(const Function& function, std::span<const int64_t> scratch);

}  // namespace minnow

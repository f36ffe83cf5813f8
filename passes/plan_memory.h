// Makes the plan of a function's memory.
#pragma once

#include "passes/group/remarks.h"
#include "passes/memory_plan.h"

namespace minnow {

MemoryPlan plan_memory(const Function& function, Remarks* remarks = nullptr);
// Of one block of a block loop, or of one iteration of another.
MemoryPlan plan_body(const Op& loop, Remarks* remarks = nullptr);

}  // namespace minnow

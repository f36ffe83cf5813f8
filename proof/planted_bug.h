// Where a test makes the compiler wrong, to see that it is noticed. The program itself plants nothing.
#pragma once

#include <functional>

#include "codegen/kernel_changes.h"
#include "passes/pass_runner.h"
#include "passes/plan_memory.h"

namespace minnow::proof {

struct PlantedBug {
  std::function<void(Function&)> gradient = {};  // changes a step that has just been differentiated
  std::vector<Pass> passes = {};                 // run behind those of the pipeline
  std::function<void(const Function&, MemoryPlan&)> plan = {};
  KernelChanges kernels = {};
  std::function<void(CompiledFunction&)> code = {};
};

}  // namespace minnow::proof

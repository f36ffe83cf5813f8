// A search for the schedule with which each kernel of a function runs fastest on this machine: the axis in the lanes,
// the register tile, the blocks that are to stay in the cache. What the kernels compute stays the same, to the bit.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "codegen/compile.h"
#include "runtime/executable.h"

namespace minnow {

struct TuneReport {
  std::string function;
  size_t kernels = 0;         // all of the function's
  size_t changed = 0;         // those that are divided otherwise than the target has it
  double seconds_before = 0;  // median of a run with the target's schedule
  double seconds_after = 0;   // and with those found
  double search_seconds = 0;
};

// The function compiled with the best schedules: found in the cache if an earlier search left it there, else by running
// the function on random values with others, of which `on_tuned`, if it is there, is told. Each Kernel::schedule says
// what was found, and what it gained.
Result<std::unique_ptr<CompiledFunction>> compile_tuned(const Function& function, const MemoryPlan& plan,
                                                        ThreadPool& pool, CompileOptions options,
                                                        const std::function<void(const TuneReport&)>& on_tuned);

}  // namespace minnow

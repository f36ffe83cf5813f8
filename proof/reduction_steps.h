// The ways in which `reduce` makes a program smaller.
#pragma once

#include <memory>
#include <span>

#include "ir/function.h"

namespace minnow::proof {

// One way, for every place of a function where it may be tried.
struct ReductionStep {
  // Where it may be tried: places 0 to count - 1.
  size_t (*count)(const Function& function);
  // The function changed at places [first, last); nullptr where that leads to nothing. It need not verify.
  std::unique_ptr<Function> (*apply)(const Function& function, size_t first, size_t last);
};

// Those that take most away come first.
std::span<const ReductionStep> reduction_steps();

// Takes away what nothing reads: ops, parameters, and of fused ops operands and results.
void drop_unused(Function& function);

}  // namespace minnow::proof

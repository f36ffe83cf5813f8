// Makes a program smaller while something stays true of it: what is left of a failing program says what is wrong.
// After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002): halves are tried first.
#pragma once

#include <functional>
#include <memory>

#include "ir/function.h"

namespace minnow::proof {

// What has to stay true of a function, which verifies.
using StillTrue = std::function<Result<bool>(const Function&)>;

struct ProgramSize {
  size_t ops = 0;        // those in bodies included
  int64_t elements = 0;  // of all values
  size_t parameters = 0, results = 0;
  size_t locations = 0;  // ops that name a layer or another phase than forward

  auto operator<=>(const ProgramSize&) const = default;
};
ProgramSize size_of(const Function& function);

// Fewer results, ops, parameters and elements, until none of the steps below leads to a smaller program of which it is
// still true: a result is dropped; an op gives way to an operand, to zeros or to a new parameter; a fused op to what is
// in it; a size to a smaller one. `still_true` must hold for `function` itself; its errors end the search.
Result<std::unique_ptr<Function>> reduce(const Function& function, const StillTrue& still_true);

}  // namespace minnow::proof

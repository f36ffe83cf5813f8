// What a body evaluated element by element can hold; shared by loops and by epilogues.
#pragma once

#include "passes/group/kernel_form.h"

namespace minnow {

// A value read as it is at the loop's index may be computed there; one read at another index is computed on
// demand, so it must not be a result, and if it is read more than once per element it must be a scalar that
// costs little.
// No fault if that holds; otherwise what does not.
KernelFault why_not_evaluated_once(const KernelOps& kernel, const Shape& loop_shape);

}  // namespace minnow

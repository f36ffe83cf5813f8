// A loop as a loop of loops. Recomputing the inner iterations from what the outer ones carry takes memory that grows
// with the square root of their number (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
#pragma once

#include "ir/function.h"

namespace minnow {

// The loop's iterations become those of an inner loop, in an outer one of about as many; the results stay the same. A
// number of iterations that has no such divisor leaves it as it is. The inner loop does not recompute.
void nest_loop(Op& loop);

}  // namespace minnow

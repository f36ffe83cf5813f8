// What a loop need not do again in every iteration. Ops on nothing but whole operands are done once, in front of it,
// and so are reshapes at its border (move_reshapes.h). A product that is added up over all iterations, such as the
// gradient of a weight that every step reads, becomes one product behind it, of the factors of all iterations put
// together; so do sums over dimension 0 and filters' gradients. The factors take memory for every iteration, so that
// loops with `recompute` are left alone.
#pragma once

#include "ir/function.h"

namespace minnow {

bool hoist_from_loops(Function& function);

}  // namespace minnow

// What a body evaluated element by element can hold; shared by loops and by epilogues.
#pragma once

#include "passes/grow_cluster.h"

namespace minnow {

// Neither a transcendental nor a division or root: cheap enough that no memory is worth saving it.
bool is_cheap(OpKind kind);

// A value read as it is at the loop's index may be computed there; one read at another index is computed on
// demand, so it must not be a result, and if it is read more than once per element it must be a scalar that
// costs little.
// Empty if that holds; otherwise what does not.
std::string_view why_not_evaluated_once(const Cluster& cluster, const Shape& loop_shape);

}  // namespace minnow

// Computes, by the interpreter, ops whose operands are all constants: elementwise ops, moves and reductions of at most
// kMaxFoldedElements elements, and elementwise ops on splats of any size. A dense constant whose elements are
// all the same becomes a splat.
#pragma once

#include "ir/function.h"
#include "ir/threshold.h"

namespace minnow {

inline const Threshold kMaxFoldedElements{"elements of a folded constant", 1024};

bool fold_constants(Function& function);

}  // namespace minnow

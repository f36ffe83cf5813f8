// Row kernels: softmax and its like, one row at a time.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// The reductions in the body all reduce the same trailing dimensions. A piece of work is a row: a pass over its columns
// for every reduction that needs the one before, then one that stores the results.
WorkUnits emit_row_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
// At most: for every value that may have to be kept for a later pass, a row of it.
ScratchNeed row_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

// Reductions that are kernels of their own.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// Where the innermost dimension is kept, lanes are results and the sums run down the columns; where it is reduced, a
// work unit is one result, summed by lanes, which are then added by halving.
WorkUnits emit_reduction_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

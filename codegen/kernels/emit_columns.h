// Kernels whose work runs down the columns of [outer, rows, inner], the shape of the result around one of its
// dimensions: sums in the order of the rows, a vector of columns at a time. Units are columns, so the order is the same
// whatever the number of threads.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// scatter_add: the result is set to zero, and every update added where its index says.
WorkUnits emit_scatter_add(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
// cumsum.
WorkUnits emit_cumsum(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

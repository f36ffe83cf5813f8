// Row kernels: softmax and its like, one row at a time.
#pragma once

#include "codegen/emit_loop.h"

namespace minnow {

// The reductions in the body all reduce the same trailing dimensions. A work unit is a row: a pass over its columns for
// every reduction that needs the one before, then one that stores the results.
WorkUnits emit_row_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

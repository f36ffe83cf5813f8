// Matrix products of a few rows with a matrix that lies transposed, such as a dense layer's input gradient at batch 1.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// y[m, n] = sum over k of x[m, k] * w[n, k] for few m: vectors run along k in both, and are added up over their lanes
// when k is done.
bool is_few_rows_dot(const Op& dot, int lanes);
WorkUnits emit_few_rows_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

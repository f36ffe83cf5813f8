// Matrix products with fewer columns than a vector has lanes, such as the last layer of a classifier.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// y[m, n] = sum over k of x[m, k] * w[k, n] for few n and many k, x row-major: vectors run along k, and are added up
// when a row is done. Pays from a few rows on, since w is transposed first.
bool is_narrow_dot(const Op& dot, int lanes);
WorkUnits emit_narrow_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed narrow_dot_scratch(const KernelWork& work, const Target& target);

// w[k, n] = sum over m of x[m, k] * y[m, n] for few n and many k: vectors run along k, and are transposed when they
// are done.
bool is_narrow_outer_dot(const Op& dot, int lanes);
WorkUnits emit_narrow_outer_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

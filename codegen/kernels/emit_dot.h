// Matrix products by a register-tiled microkernel.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// f32, a product of matrices with at least one element in every dimension.
bool is_fast_dot(const Op& dot);

// c[m,n] = epilogue(sum over k of a[m,k] * b[k,n]) for each index of the batch, either operand possibly transposed in
// memory.
//
// A work unit is a panel of NR columns of one product (and a part of its rows where there are few panels): it packs the
// panel of b as [K][NR] into its scratch, which stays in the second-level cache, then runs over the rows in tiles of
// MR. A tile keeps MR × NR sums in registers over all of K; the epilogue is applied to them before they are stored.
// Where K is too long for that, the sums of a chunk of rows wait in the scratch from one part of the panel to the next.
WorkUnits emit_dot_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed dot_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

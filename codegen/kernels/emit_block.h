// Kernels of a block loop: each does one block of kBlockExamples examples, a vector lane per example. Work units are
// not divided: begin and end are 0 and 1.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

WorkUnits emit_block_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed block_scratch(const KernelWork& work, const Target& target);

// What emit_block_kernel chooses from.

// A loop nest over all dimensions but the first, around vectors of examples.
WorkUnits emit_block_loop(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
// reduce_sum over the examples, and maybe more, into this partition's part of the sum.
WorkUnits emit_block_sum(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

// After a block loop, as a kernel of its own: adds up the partitions' parts.
WorkUnits emit_sum_of_partials(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

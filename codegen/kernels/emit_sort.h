// argsort: each column of [outer, rows, inner], the shape around the dimension that is sorted, by merging runs of 1, 2,
// 4 and so on elements: n log n steps for n of them. Units are columns.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

WorkUnits emit_sort(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed sort_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

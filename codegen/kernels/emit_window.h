// The transposes of windowed reductions: gathered by the elements (gather_windows.h) or, where windows are large,
// scattered from them.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// window_spread and window_pick. A work unit is a plane [H,W]; where it is scattered to, it is cleared, then every
// window adds its element of y to all, or the picked one, of its elements. Vectors are columns, or examples in a block
// loop, where there is one unit. Only one that scatters_each_once may have an epilogue.
WorkUnits emit_window_scatter_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed window_scatter_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

// The transposes of windowed reductions, by scattering from the windows.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// window_spread and window_pick. A work unit is a plane [H,W]: it is cleared, then every window adds its element of y
// to all, or the picked one, of its elements. Windows that do not overlap are done a vector at a time. In a block loop
// vectors are examples, and there is one unit. Only one that scatters_each_once may have an epilogue.
WorkUnits emit_window_scatter_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

// The transposes of windowed reductions, where windows are small: every element adds up what its windows give it, in a
// register. Scattering from the windows would load and store each element once for each of its windows.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// Whether that is done: there is code for each place of a window. Of a kernel of window_spread or window_pick.
bool gathers_windows(const KernelWork& work, const Target& target);

// With what follows element by element. Where windows overlap, the places that window_pick's elements of y go to are
// found for a whole plane first. Vectors are examples in a block loop, else columns.
WorkUnits gather_windows(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed gather_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

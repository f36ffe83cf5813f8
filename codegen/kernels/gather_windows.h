// The transposes of windowed reductions in a block loop: every element adds up what its windows give it, in a register.
// Scattering from the windows would load and store each element once for each of its windows.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// Whether windows are few over each element: there is code for each place of a window.
bool gathers_windows(const Op& op);

// window_spread and window_pick, of which it gathers_windows, with what follows element by element. Where windows
// overlap, the places that window_pick's elements of y go to are found for a whole plane first.
WorkUnits gather_windows(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed gather_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

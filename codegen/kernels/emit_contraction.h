// Kernels of contractions, of each of the ways of choose_contraction.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

WorkUnits emit_panel_contraction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed panel_scratch(const KernelWork& work, const Target& target);
WorkUnits emit_row_lanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed row_lanes_scratch(const KernelWork& work, const Target& target);
WorkUnits emit_depth_lanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed depth_lanes_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

// Contractions whose vectors run along the columns, by a register-tiled microkernel; see PanelSchedule.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

WorkUnits emit_panel_contraction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed panel_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

// Kernels of contractions: a tile of registers, and loops around it that each schedule says.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// As work.contraction says.
WorkUnits emit_contraction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

// Packs the right operand of `main`, as work.contraction says, for kernels in a loop behind it: in panels, or for
// minimal filtering.
WorkUnits emit_panels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
WorkUnits emit_transformed_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

// Of a kernel whose `main` has the operands and the result of the schedule's contraction.
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PanelSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const RowLanesSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const DepthLanesSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const PixelLanesSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const WinogradSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const WinogradFilterSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const ChannelLanesSchedule& s);
WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const ElementSchedule& s);

}  // namespace minnow

// Poolings and their gradients with vectors along pixels.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// As work.window says.
WorkUnits emit_window_along_pixels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

WorkUnits emit_along_pixels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                            const PoolingSchedule& s);
WorkUnits emit_along_pixels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                            const PickingSchedule& s);

}  // namespace minnow

// Poolings and the gradients of maxima with vectors along pixels.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// As work.pooling says.
WorkUnits emit_pooling(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
// As work.picking says.
WorkUnits emit_picking(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

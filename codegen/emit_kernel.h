// Chooses the way a kernel is emitted.
#pragma once

#include "codegen/emit_loop.h"

namespace minnow {

WorkUnits emit_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

// Floating-point operations of one op, counting a multiply-add as two.
double count_flops(const Op& op);

}  // namespace minnow

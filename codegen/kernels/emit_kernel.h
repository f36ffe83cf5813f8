// Chooses the way a kernel is emitted.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// The machine as the kernel is to see it.
Target target_of(const KernelWork& work, const Target& target);

// Chooses how the kernel's contraction or pooling, if it has one, is divided.
void schedule_kernel(KernelWork& work, const Target& target);
// The same again, for tiles other than those that memory was planned for: in the scratch that it has.
void reschedule_contraction(KernelWork& work, const Target& target);

WorkUnits emit_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
// What the kernel will ask for, before it is emitted.
ScratchNeed scratch_need(const KernelWork& work, const Target& target);

// Floating-point operations of one op, counting a multiply-add as two.
double count_flops(const Op& op);

}  // namespace minnow

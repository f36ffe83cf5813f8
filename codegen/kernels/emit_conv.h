// Convolution kernels, direct, with the lanes of a vector being images.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// Whether the kernels below apply to this convolution: f32, of a size that leaves room for scratch.
bool is_fast_conv(const Op& conv);

// conv and conv_input. A piece of work is a block of as many images as there are lanes: they are packed, then each tile
// of output channels × neighbouring pixels is summed in registers over input channels and filter, and the finished
// channels are transposed back, with the epilogue, into the result.
WorkUnits emit_correlation_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed correlation_scratch(const KernelWork& work, const Target& target);

// conv_filter in two kernels. The first sums every filter element over a fixed partition of the image blocks, per lane;
// the second adds up partitions and lanes and applies the epilogue. Between them lie the partial sums.
int64_t conv_filter_scratch_bytes(const Op& conv_filter, int lanes);
WorkUnits emit_conv_filter_partial(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
WorkUnits emit_conv_filter_finish(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

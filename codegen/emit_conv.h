// Convolution kernels, direct, with the lanes of a vector being images.
#pragma once

#include "codegen/emit_loop.h"

namespace minnow {

// Whether the kernels below apply to this convolution: f32, of a size that leaves room for scratch.
bool is_fast_conv(const Op& conv);

// Bytes that a kernel needs in the arena: for conv and conv_input what does not fit on the stack; for conv_filter the
// partial sums that its first kernel hands to the second.
int64_t conv_scratch_bytes(const Op& conv, int lanes);
int64_t correlation_scratch_bytes(const Op& conv, int lanes);  // of conv and conv_input

// conv and conv_input. A work unit is a block of as many images as there are lanes: they are packed, then each tile of
// output channels × neighbouring pixels is summed in registers over input channels and filter, and the finished
// channels are turned back, with the epilogue, into the result.
WorkUnits emit_correlation_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

// conv_filter in two kernels. The first sums every filter element over a fixed share of the image blocks, per lane;
// the second adds up shares and lanes and applies the epilogue.
WorkUnits emit_conv_filter_partial(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
WorkUnits emit_conv_filter_finish(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

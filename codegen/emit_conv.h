// Convolution kernels, direct, with the lanes of a vector being images.
#pragma once

#include "codegen/emit_loop.h"

namespace minnow {

// Whether the kernels below apply: f32, and operands that lie in memory.
bool is_fast_conv(const Op& conv, const Storage& storage, const KernelWork& work);

// Scratch between the two kernels of conv_filter.
int64_t conv_filter_partial_bytes(const Op& conv, int lanes);

}  // namespace minnow

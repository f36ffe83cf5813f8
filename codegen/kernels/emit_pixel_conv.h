// Convolutions of a few images, where an image per vector lane would leave most lanes idle: vectors run along a row of
// pixels instead.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// f32, fewer images than half the lanes, neighbouring columns of the result made from neighbouring columns of the
// input, and small enough for the second-level cache.
bool is_pixel_conv(const Op& conv, int lanes);

// conv and conv_input. A work unit is an image: it is copied with its padding, then a tile of output channels × rows is
// summed in registers over input channels and filter.
WorkUnits emit_pixel_conv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

// conv_filter. A tile of output channels × filter columns is summed over all pixels, then over the lanes.
WorkUnits emit_pixel_conv_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed pixel_conv_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

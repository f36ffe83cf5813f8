// Convolutions of a few images with many channels: vectors run over neighbouring channels of the result.
#pragma once

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"

namespace minnow {

// f32, channels enough to fill vectors better than a few images or their pixels would, of a size that leaves room for
// scratch.
bool is_channel_conv(const Op& conv, const Target& target);

// The product of a panel, [depth][channels in lanes], and numbers of the padded input, one for each row of a register
// tile, wherever they lie: stride and dilation are only addresses.
//
//                          rows                        depth                             panel
//   conv, conv_input       pixels of the result        input channels × filter           the filter
//   conv_filter            input channels × filter     pixels of y, summed over images   y
//
// A piece of work is a panel of channels (times a share of the rows where there are few): it packs its panel, and of
// the input a band of rows at a time. Sums wait as [row][channels] until they are transposed back, with the epilogue.
WorkUnits emit_channel_conv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);
ScratchNeed channel_conv_scratch(const KernelWork& work, const Target& target);

}  // namespace minnow

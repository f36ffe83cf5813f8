// Outside of blocks of examples, images whose channels a convolution does not mix lie as [N,H,W,C] around it, so that
// vectors run along channels: whatever the size of an image, all lanes have something to do, and no padding needs a
// mask. A convolution of single pixels that reads such images is a product, [N·H·W,C] x [C,O], with the filter as
// panels; what follows element by element, or is a sum over pixels, takes images so, too.
//
// Run where blocks are made already. Not where there are gradients: those of filters run along pixels.
#pragma once

#include "ir/function.h"

namespace minnow {

bool put_channels_last(Function& function);

}  // namespace minnow

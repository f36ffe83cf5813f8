// A convolution whose window is one pixel, [N,C,H,W] with w [O,C,1,1], is a product for each image: w times its
// channels of pixels, [O,C] x [C,H·W]. As such its right operand is read where it lies, and its sums are where they
// belong, while a convolution's pixels are copied and its sums transposed. One whose window is all of the image, or its
// gradient, is one product, [N,C·H·W] x [C·H·W,O]. What follows element by element or is a sum takes the pixels in one
// dimension, or in none, too, so that it shares the product's kernel.
//
// Run where blocks of examples are made already: in those, vectors run along the examples.
#pragma once

#include "ir/function.h"

namespace minnow {

bool flatten_pixels(Function& function);

}  // namespace minnow

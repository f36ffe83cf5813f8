// Convolutions and windows over sequences and volumes become such over images, for which there are fast kernels, block
// loops and fusion. What they mean stays, up to the order of sums. Run after autodiff and before ops are grouped.
//
// A sequence [N,C,W] is an image of one row, [N,C,1,W]: reshapes, which cost nothing. What follows element by element
// or is a sum takes the image, so that it can share the convolution's kernel.
//
// Windows over a volume [N,C,D,H,W] are two after each other: over the images [N,C·D,H,W], then over the depth as the
// rows of [N,C,D,H·W]. window_pick takes the first largest image of each window first, then the first largest element
// of that image: in row-major order the first of all, NaN first as ever. A convolution whose filter is 1x1 in an image
// is one over [N,C,D,H·W], too.
//
// Other convolutions of volumes: the images at all outputs' depths, below each other with enough zeros between, are one
// tall image, and those under the filter's other depths are further channels of it: [N,C·KD,OD·P,W], where P is the
// number of rows from one image to the next. The filter [O,C/groups,KD,KH,KW] is one for such images as it lies in
// memory. So each convolution and gradient is one 2-D kernel with all its taps in the inner loop, whatever stride,
// dilation and groups are, and dimension 0 is still the examples. It costs KD copies of the input, and the rows between
// the images are computed in vain: P/OH of the work, 9/8 for a 3x3x3 filter on 8 rows. One convolution per depth of the
// filter would save the copies, but add up its output KD times and take KD times as long to compile; one per depth of
// the output even OD times.
#pragma once

#include "ir/function.h"

namespace minnow {

bool flatten_space(Function& function);

}  // namespace minnow

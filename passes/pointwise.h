// Convolutions of single pixels, and how many of their pixels or channels are worth vectors.
#pragma once

#include "ir/function.h"

namespace minnow {

// Whether of the widest vectors' lanes, filled with so many, no more than a part has nothing to do.
bool fill_vectors(int64_t count);

// A convolution of images, or a gradient of one, with a window of one pixel at each pixel.
bool is_pointwise(const Op& op);

}  // namespace minnow

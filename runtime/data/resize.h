// Pictures of another size.
#pragma once

#include "interpreter/tensor.h"

namespace minnow {

// [C,H,W] of u8 or f32 from 0 to 255 as [C,height,width], all at least 1; each new pixel is the mean of what it covers.
Tensor resized(const Tensor& picture, int64_t height, int64_t width);

}  // namespace minnow

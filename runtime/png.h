// PNG pictures as tensors of bytes.
#pragma once

#include <string>

#include "ir/error.h"
#include "runtime/tensor.h"

namespace minnow {

// u8 [H,W]. Colour is turned to grey by luminance, 16 bits to 8, transparency is laid over black.
Result<Tensor> read_png_gray(const std::string& path);
// `image` is u8 [H,W] (grey) or u8 [H,W,3] (red, green, blue), with at least one pixel: the bytes of its file.
Result<std::string> encode_png(const Tensor& image);
// The same, written atomically.
Status write_png(const std::string& path, const Tensor& image);
// u8 [N,1,H,W] laid out row by row in `columns` columns with a line of `gap` pixels between: u8 [H',W'].
Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap = 2);

}  // namespace minnow

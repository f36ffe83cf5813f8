// PNG pictures as tensors of bytes.
#pragma once

#include <string>

#include "interpreter/tensor.h"
#include "ir/error.h"

namespace minnow {

// The numbers in the file from 0 to 255, grey or as red, green and blue: u8 [C,H,W] of a picture of up to 8 bits, whose
// lightest is 255 whatever its bits, else f32 [C,H,W], 65535 as 255. What the file says of gamma and colour spaces is
// left aside. Colour becomes grey by ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, and grey becomes three equal colours;
// transparency is laid over black, number times alpha.
enum class PngChannels { kGray = 1, kColour = 3 };
Result<Tensor> read_png(const std::string& path, PngChannels channels);
// The first as [H,W].
Result<Tensor> read_png_gray(const std::string& path);
// Whether it says that it holds colour; a damaged file says nothing.
bool has_colour(const std::string& path);
// `image` is u8 [H,W] (grey) or u8 [H,W,3] (red, green, blue), with at least one pixel: the bytes of its file.
Result<std::string> encode_png(const Tensor& image);
// The same, written atomically.
Status write_png(const std::string& path, const Tensor& image);
// u8 [N,1,H,W] laid out row by row in `columns` columns with a line of `gap` pixels between: u8 [H',W'].
Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap = 2);

}  // namespace minnow

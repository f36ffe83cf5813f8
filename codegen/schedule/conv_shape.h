// The three convolutions as loops over images that lie [C][H][W][lanes], one image per lane.
#pragma once

#include "ir/function.h"
#include "ir/threshold.h"

namespace minnow {

inline const Threshold kMaxFilterColumns{"columns of a filter in registers", 7};

// How images lie in a kernel's scratch: channels × height × width vectors. Row r of the image is row top + r * spread
// of the scratch; what lies around and between is zero.
struct PackedImages {
  int64_t channels = 0, height = 0, width = 0;
  int64_t top = 0, left = 0;
  int64_t row_spread = 1, column_spread = 1;
  int64_t image_height = 0, image_width = 0;

  int64_t vectors() const { return channels * height * width; }
  bool has_gaps() const { return height != image_height || width != image_width; }
};

// out[o, h, w] = sum over c, i, j of in[c, h*stride + i*dilation + shift, ...] * weight(o, c, i, j), within each group.
// conv_input is this form too: over the output gradient, spread out by the stride, with the filter rotated by half a
// turn.
struct Correlation {
  PackedImages input;
  int64_t images = 0, groups = 1;
  int64_t group_inputs = 0, group_outputs = 0;
  int64_t out_height = 0, out_width = 0;
  int64_t kernel_height = 0, kernel_width = 0;
  int64_t row_stride = 1, column_stride = 1;
  int64_t row_dilation = 1, column_dilation = 1;
  int64_t row_shift = 0, column_shift = 0;
  bool rotated = false;  // weights are [c in the filter's outputs, o in its inputs, last - i, last - j]

  int64_t outputs() const { return groups * group_outputs; }
};

// Whether it is one of the three convolutions, in two dimensions of space: only those are correlations of the form
// above.
bool is_conv_of_images(const Op& op);

Correlation correlation_of_conv(const Op& conv);
Correlation correlation_of_conv_input(const Op& conv_input);
// conv_filter(x, y): the correlation whose filter it is the gradient of.
Correlation correlation_of_conv_filter(const Op& conv_filter);
Correlation correlation_of(const Op& op);  // of any of the three

}  // namespace minnow

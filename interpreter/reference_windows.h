// Windows that slide over the last two dimensions of a picture, for convolutions and pooling alike.
#pragma once

#include <array>
#include <cstdint>

#include "ir/attributes.h"

namespace minnow {

struct WindowGrid {
  std::array<int64_t, 2> picture;  // {H, W}
  std::array<int64_t, 2> window;   // {KH, KW}
  std::array<int64_t, 2> stride;
  std::array<int64_t, 2> dilation;
  std::array<int64_t, 2> pad;  // {top, left}
};

// Calls visit(h, w, kh, kw) for each place (kh, kw) of window (oh, ow) that falls on the picture, at (h, w),
// and not on the padding; row by row.
template <typename Visit>
void for_each_place(const WindowGrid& grid, int64_t oh, int64_t ow, Visit visit) {
  for (int64_t kh = 0; kh < grid.window[0]; ++kh) {
    const int64_t h = oh * grid.stride[0] - grid.pad[0] + kh * grid.dilation[0];
    if (h < 0 || h >= grid.picture[0]) continue;
    for (int64_t kw = 0; kw < grid.window[1]; ++kw) {
      const int64_t w = ow * grid.stride[1] - grid.pad[1] + kw * grid.dilation[1];
      if (w >= 0 && w < grid.picture[1]) visit(h, w, kh, kw);
    }
  }
}

}  // namespace minnow

// Windows that slide over the dimensions of space of a picture, for convolutions and pooling alike.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/type.h"

namespace minnow {

// A number for each dimension of space.
struct WindowGrid {
  Shape picture, window, windows;  // sizes of the picture and of one window, and how many windows there are
  std::vector<int64_t> stride, dilation;
  std::vector<int64_t> pad;  // in front of the picture
};

// The dimensions of a tensor behind its first two.
inline Shape space_of(const Shape& shape) { return {shape.begin() + 2, shape.end()}; }

// {before, after} for each dimension → before.
inline std::vector<int64_t> pad_before(const std::vector<int64_t>& pad) {
  std::vector<int64_t> before;
  for (size_t i = 0; i < pad.size(); i += 2) before.push_back(pad[i]);
  return before;
}

// Calls visit(element, place) for each place of the window at `index` that falls on the picture, and not on the
// padding, in row-major order. `element` and `place` are row-major numbers in the picture and in the window, so far
// those of the dimensions before `dim`.
template <typename Visit>
void for_each_place(const WindowGrid& grid, const Shape& index, const Visit& visit, size_t dim = 0, int64_t element = 0,
                    int64_t place = 0) {
  if (dim == index.size()) return visit(element, place);
  const int64_t begin = index[dim] * grid.stride[dim] - grid.pad[dim];
  for (int64_t k = 0; k < grid.window[dim]; ++k) {
    const int64_t i = begin + k * grid.dilation[dim];
    if (i < 0 || i >= grid.picture[dim]) continue;
    for_each_place(grid, index, visit, dim + 1, element * grid.picture[dim] + i, place * grid.window[dim] + k);
  }
}

// Calls visit(window, element, place) for each place of each window, windows and places in row-major order.
template <typename Visit>
void for_each_window_place(const WindowGrid& grid, const Visit& visit) {
  Shape index(grid.windows.size(), 0);
  const int64_t count = element_count(grid.windows);
  for (int64_t window = 0; window < count; ++window) {
    for_each_place(grid, index, [&](int64_t element, int64_t place) { visit(window, element, place); });
    for (size_t d = index.size(); d-- > 0;) {
      if (++index[d] < grid.windows[d]) break;
      index[d] = 0;
    }
  }
}

}  // namespace minnow

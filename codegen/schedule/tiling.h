// Dividing an extent into tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ir/type.h"

namespace minnow {

// As few tiles of at most `limit` as reach `extent`, all of one size.
inline int64_t even_tile(int64_t extent, int64_t limit) { return ceil_div(extent, ceil_div(extent, limit)); }

inline int64_t largest_divisor(int64_t number, int64_t limit) {
  for (int64_t d = std::min(number, limit); d > 1; --d)
    if (number % d == 0) return d;
  return 1;
}

// Tiles of one size, unless these would be half as large as if the last one may be smaller.
inline int64_t large_tile(int64_t extent, int64_t limit) {
  if (extent <= 1) return 1;
  const int64_t equal = largest_divisor(extent, limit), even = even_tile(extent, limit);
  return equal > even / 2 ? equal : even;
}

inline int64_t smallest_divisor(int64_t number, int64_t at_least) {
  for (int64_t d = std::max<int64_t>(at_least, 1); d < number; ++d)
    if (number % d == 0) return d;
  return number;
}

}  // namespace minnow

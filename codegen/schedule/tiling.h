// Dividing an extent into tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ir/threshold.h"
#include "ir/type.h"

namespace minnow {

// As few tiles of at most `limit` as reach `extent`, all of one size.
inline int64_t even_tile(int64_t extent, int64_t limit) { return ceil_div(extent, ceil_div(extent, limit)); }

inline int64_t largest_divisor(int64_t number, int64_t limit) {
  for (int64_t d = std::min(number, limit); d > 1; --d)
    if (number % d == 0) return d;
  return 1;
}

inline const Threshold kFewBands{"bands of images that are units enough", 4};
inline constexpr int64_t kFewestRows = 4;  // of a band: what it reads of its neighbours' input it copies

// The part of `rows` rows of an image that is a unit, where `units` of them are all that threads could share.
inline int64_t rows_of_shared_band(int64_t rows, int64_t units) {
  if (units >= kFewBands) return rows;
  return largest_divisor(rows, std::max(kFewestRows, ceil_div(rows, ceil_div(kFewBands, units))));
}

}  // namespace minnow

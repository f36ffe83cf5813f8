// How numbers are spread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace minnow {

// Of the finite ones among some numbers; all zero if there are none.
struct Histogram {
  double least = 0, greatest = 0;
  int64_t count = 0;
  double sum = 0, sum_of_squares = 0;
  // Bins of one width from `least` to `greatest`: where each ends, and how many numbers lie in it. One bin if all
  // numbers are the same.
  std::vector<double> limits;
  std::vector<int64_t> counts;
};

Histogram histogram_of(std::span<const float> values, size_t bins = 30);

}  // namespace minnow

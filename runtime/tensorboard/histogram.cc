#include "runtime/tensorboard/histogram.h"

#include <algorithm>
#include <cmath>

namespace minnow {

Histogram histogram_of(std::span<const float> values, size_t bins) {
  Histogram histogram;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const double number = value;
    histogram.least = histogram.count == 0 ? number : std::min(histogram.least, number);
    histogram.greatest = histogram.count == 0 ? number : std::max(histogram.greatest, number);
    ++histogram.count;
    histogram.sum += number;
    histogram.sum_of_squares += number * number;
  }
  if (histogram.count == 0) return histogram;
  if (histogram.least == histogram.greatest) bins = 1;
  const double width = (histogram.greatest - histogram.least) / static_cast<double>(bins);
  for (size_t bin = 1; bin < bins; ++bin)
    histogram.limits.push_back(histogram.least + width * static_cast<double>(bin));
  histogram.limits.push_back(histogram.greatest);
  histogram.counts.resize(bins);
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const auto found = std::ranges::lower_bound(histogram.limits, static_cast<double>(value));
    ++histogram.counts[static_cast<size_t>(found - histogram.limits.begin())];
  }
  return histogram;
}

}  // namespace minnow

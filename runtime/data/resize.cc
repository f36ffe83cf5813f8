#include "runtime/data/resize.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace minnow {
namespace {

// The old pixels along one side that a new one covers, with the share of each.
struct Cover {
  int64_t first = 0;
  std::vector<double> shares;
};

std::vector<Cover> covers(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Cover> all(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    const double begin = static_cast<double>(i) * scale, end = begin + scale;
    Cover& cover = all[static_cast<size_t>(i)];
    cover.first = static_cast<int64_t>(begin);
    for (int64_t at = cover.first; at < from && static_cast<double>(at) < end - 1e-9; ++at)
      cover.shares.push_back((std::min(end, at + 1.0) - std::max(begin, static_cast<double>(at))) / scale);
  }
  return all;
}

// One channel, `width` wide.
double mean_of(std::span<const float> from, int64_t width, const Cover& rows, const Cover& columns) {
  double sum = 0;
  for (size_t i = 0; i < rows.shares.size(); ++i) {
    const int64_t row = (rows.first + static_cast<int64_t>(i)) * width + columns.first;
    for (size_t j = 0; j < columns.shares.size(); ++j)
      sum += rows.shares[i] * columns.shares[j] * from[static_cast<size_t>(row) + j];
  }
  return std::clamp(sum, 0.0, 255.0);
}

}  // namespace

Tensor resized(const Tensor& picture, int64_t height, int64_t width) {
  const int64_t channels = picture.dim(0), old_height = picture.dim(1), old_width = picture.dim(2);
  const std::vector<Cover> rows = covers(old_height, height), columns = covers(old_width, width);
  const Tensor numbers = picture.converted_to(DType::kF32);
  const auto from = numbers.as<float>();
  const bool is_bytes = picture.type().dtype == DType::kU8;
  Tensor result = Tensor::uninitialized({DType::kF32, {channels, height, width}});
  auto to = result.as<float>().begin();
  for (int64_t c = 0; c < channels; ++c) {
    const auto channel = from.subspan(static_cast<size_t>(c * old_height * old_width));
    for (const Cover& row : rows)
      for (const Cover& column : columns) {
        const double value = mean_of(channel, old_width, row, column);
        *to++ = static_cast<float>(is_bytes ? std::round(value) : value);
      }
  }
  return is_bytes ? result.converted_to(DType::kU8) : std::move(result);
}

}  // namespace minnow

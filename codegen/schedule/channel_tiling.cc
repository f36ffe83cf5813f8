#include "codegen/schedule/channel_tiling.h"

#include <algorithm>
#include <numeric>

#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

const Threshold kBandFloats{"floats of a band of rows", 1 << 15};
const Threshold kWantedUnits{"panels of channels that are units enough", 8};
constexpr int64_t kMaxTileRows = 12;  // each has an address in a register

// Taps of a phase: those whose place in the spread input is not between its rows.
void find_taps(int64_t first, int64_t spread, int64_t dilation, int64_t kernel, int64_t& tap, int64_t& step) {
  step = spread / std::gcd(spread, dilation);
  for (tap = 0; tap < kernel; ++tap)
    if (((first + tap * dilation) % spread + spread) % spread == 0) return;
}

}  // namespace

ChannelTiling::ChannelTiling(const Op& conv, const Target& target)
    : c(correlation_of(conv)), is_filter(conv.kind == OpKind::kConvFilter), lanes(target.lanes) {
  const int64_t channel_vectors = ceil_div(c.group_outputs, lanes);
  vectors = even_tile(channel_vectors, target.tiles.dot.vectors);
  most_tile_rows = std::min<int64_t>(kMaxTileRows, target.tiles.accumulators / vectors);
  const bool is_spread = c.input.row_spread > 1 || c.input.column_spread > 1;
  const int64_t row_floats = std::max(c.group_inputs * c.input.width * c.row_stride, c.out_width * panel());
  const int64_t most_rows = std::max<int64_t>(1, kBandFloats.at_most(c.out_height * row_floats) / row_floats);
  band = is_spread ? c.out_height : largest_divisor(c.out_height, most_rows);
}

int64_t ChannelTiling::panels() const { return ceil_div(c.group_outputs, panel()); }

int64_t ChannelTiling::tile_rows(int64_t rows) const { return even_tile(rows, most_tile_rows); }

int64_t ChannelTiling::pieces() const { return is_filter ? ceil_div(rows(), tile_rows(rows())) : c.images * bands(); }

int64_t ChannelTiling::splits() const {
  const int64_t panels_in_all = c.groups * panels();
  return panels_in_all < kWantedUnits ? std::min(pieces(), ceil_div(kWantedUnits, panels_in_all)) : 1;
}

int64_t ChannelTiling::band_height() const {
  if (band == c.out_height) return c.input.height;
  return (band - 1) * c.row_stride + (c.kernel_height - 1) * c.row_dilation + 1;
}

std::vector<PixelPhase> ChannelTiling::phases() const {
  const PackedImages& in = c.input;
  std::vector<PixelPhase> all;
  for (int64_t row = 0; row < in.row_spread; ++row)
    for (int64_t column = 0; column < in.column_spread; ++column) {
      PixelPhase phase{row, column, in.row_spread, in.column_spread, 0, 0, 1, 1};
      find_taps(row + c.row_shift - in.top, in.row_spread, c.row_dilation, c.kernel_height, phase.row_tap,
                phase.row_tap_step);
      find_taps(column + c.column_shift - in.left, in.column_spread, c.column_dilation, c.kernel_width,
                phase.column_tap, phase.column_tap_step);
      if (row < c.out_height && column < c.out_width) all.push_back(phase);
    }
  return all;
}

int64_t ChannelTiling::input_floats() const {
  return ceil_div(c.group_inputs * band_height() * c.input.width, lanes) * lanes;
}

}  // namespace minnow

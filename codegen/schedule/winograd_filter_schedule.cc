#include "codegen/schedule/winograd_filter_schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/tiling.h"
#include "codegen/schedule/winograd_schedule.h"
#include "ir/windows.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

constexpr int64_t kPlacesOfTile = WinogradSchedule::kPlaces;
// What is done beside the products, in halves of cycles: of a tile and a channel of the input or of the output, whose
// examples become channels; of a pair of channels, for a block.
constexpr double kOfPixels = 110, kOfGradients = 110, kOfPair = 100;
constexpr double kOfSums = 1.1;  // of products' time, with what it takes to read and write sums
constexpr double kFilterGain = 1.1;
constexpr int64_t kLanesOfChannels = 16;
// The order of the sums depends on them: so they are one for all machines.
constexpr int64_t kBytesOfTiles = 512 << 10;
constexpr int64_t kMostTiles = 4;

int64_t filled_channels(int64_t channels) { return ceil_div(channels, kLanesOfChannels) * kLanesOfChannels; }

}  // namespace

bool WinogradFilterSchedule::pays(const Contraction& c, const Shape& input) {
  if (!c.sums_pixels() || !has_small_windows(c)) return false;
  const std::vector<size_t> depth = c.axes_of(Kind::kDepth);
  const int64_t rows = c.axes[depth[1]].extent, columns = c.axes[depth[2]].extent;
  const auto inputs = static_cast<double>(c.axes[c.axes_of(Kind::kRow)[0]].extent);
  const auto outputs = static_cast<double>(c.extent_of(Kind::kColumn));
  const auto filled = static_cast<double>(filled_channels(c.extent_of(Kind::kColumn)));
  const auto tiles =
      static_cast<double>(ceil_div(rows, WinogradSchedule::kStep) * ceil_div(columns, WinogradSchedule::kStep));
  const double here = tiles * (kOfSums * kPlacesOfTile * inputs * filled + kOfPixels * inputs + kOfGradients * filled) +
                      kOfPair * inputs * filled;
  const auto taps = static_cast<double>(taps_inside(c, input, 2) * taps_inside(c, input, 3));
  return kFilterGain * here < taps * inputs * outputs;
}

WinogradFilterSchedule::WinogradFilterSchedule(Contraction contraction, const Target& target)
    : whole(std::move(contraction)), phases({whole}), lanes(target.lanes) {
  const std::vector<size_t> depth = whole.axes_of(Kind::kDepth);
  rows = ceil_div(whole.axes[depth[1]].extent, WinogradSchedule::kStep);
  columns = ceil_div(whole.axes[depth[2]].extent, WinogradSchedule::kStep);
  const int64_t filled = filled_channels(whole.axes[column_axis()].extent);
  const int64_t bytes_of_tile = kPlacesOfTile * kBlockExamples * 4 * (channels() + filled);
  tiles = std::clamp<int64_t>(kBytesOfTiles / bytes_of_tile, 1, std::min(kMostTiles, rows * columns));
  const SumTile tile(channels(), vectors(), true, lanes, target.processor);
  tile_channels = tile.numbers;
  tile_vectors = tile.vectors;
}

int64_t WinogradFilterSchedule::pixel_plane() const { return (channels() * tiles | 1) * kBlockExamples; }

int64_t WinogradFilterSchedule::gradient_plane() const { return (tiles * kBlockExamples * vectors() | 1) * lanes; }

// Beside these, pixels of an output's vector of channels change places with its examples.
int64_t WinogradFilterSchedule::bytes() const {
  const int64_t of_corner = WinogradSchedule::kStep * WinogradSchedule::kStep * lanes * lanes;
  return (kPlacesOfTile * (pixel_plane() + gradient_plane() + sum_plane()) + of_corner) * 4;
}

bool filters_minimally(const Op& op) {
  return op.kind == OpKind::kConvFilter && op.type().dtype == DType::kF32 && space_dims(op) == 2 &&
         WinogradFilterSchedule::pays(contraction_of(op), op.operands[0]->type.shape);
}

std::string WinogradFilterSchedule::text() const {
  return fmt::format(
      "minimal filtering F(3x3, 2x2) of {} x {} tiles, {} at once, sums of {} channels x {} vectors of outputs", rows,
      columns, tiles, tile_channels, tile_vectors);
}

}  // namespace minnow

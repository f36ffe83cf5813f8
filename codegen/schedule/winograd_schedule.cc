#include "codegen/schedule/winograd_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

// What a tile of a channel takes beside the products, with vectors along examples or along tiles, which are put
// together of pixels that lie apart: in halves of cycles of a processor that begins two multiply-adds in each.
struct Beside {
  double input, output;
};
constexpr Beside kOfExamples = {100, 100}, kOfTiles = {120, 80};
constexpr double kOfFilter = 16;  // to transform one of a channel
constexpr double kLeastGain = 1.2, kLeastGainInBlock = 1.05;
constexpr double kMostLoss = 1.1;                        // if the filter is transformed for one run
constexpr int64_t kTilesAtOnce = 16, kTilesOfGroup = 3;  // of an image, of a block
const Threshold kMostFilters{"pairs of channels whose transformed filters are near", 40000};
const Threshold kFewImages{"images that threads share as they are", 4};
const Threshold kTilesOfOneBand{"tiles of an image that is one band", 400};
constexpr int64_t kTilesOfBand = 160;  // of several lines

int64_t tiles_along(const Contraction& c, size_t dim) {
  return ceil_div(c.axes[c.axes_of(Kind::kRow)[dim]].extent, WinogradSchedule::kStep);
}

// Work of an image in these units, as sums over windows and of so many tiles.
struct Work {
  double windows, tiles, filter;
};

Work work_of(const Contraction& c, int64_t tiles, const Beside& beside) {
  const std::vector<size_t> rows = c.axes_of(Kind::kRow), depth = c.axes_of(Kind::kDepth);
  const auto inputs = static_cast<double>(c.axes[depth[0]].extent);
  const auto outputs = static_cast<double>(c.extent_of(Kind::kColumn));
  const auto pixels = static_cast<double>(c.axes[rows[1]].extent * c.axes[rows[2]].extent);
  const double of_tile = WinogradSchedule::kPlaces * inputs * outputs + beside.input * inputs + beside.output * outputs;
  return {WinogradSchedule::kWindow * pixels * inputs * outputs, static_cast<double>(tiles) * of_tile,
          kOfFilter * inputs * outputs};
}

}  // namespace

SumTile::SumTile(int64_t all_numbers, int64_t all_vectors, bool evenly, int64_t lanes, const Processor& processor) {
  const int64_t parts = registers_of_vector(lanes, processor);
  double best = std::numeric_limits<double>::max();
  for (int64_t some = 1; some <= all_vectors; ++some) {
    const int64_t most = (processor.registers - 1) / (some * parts) - 1;
    if (most < 1) break;
    if (evenly && all_vectors % some != 0) continue;
    const int64_t others = even_tile(all_numbers, most);
    const double loads = static_cast<double>(others + 2 * some * parts) / processor.loads;
    const double multiplies = static_cast<double>(some * others * parts) / processor.multiply_adds;
    const double cycles = std::max({loads, multiplies, static_cast<double>(processor.latency)}) *
                          static_cast<double>(ceil_div(all_numbers, others) * ceil_div(all_vectors, some));
    if (cycles >= best) continue;
    best = cycles;
    numbers = others;
    vectors = some;
  }
}

bool has_small_windows(const Contraction& c) {
  return c.a.size() == 4 && std::ranges::all_of(c.a.begin() + 2, c.a.end(), [&](const AffineCoord& coord) {
           return coord.divisor == 1 && coord.terms.size() == 2 && coord.terms[0].scale == 1 &&
                  std::abs(coord.terms[1].scale) == 1 && c.axes[coord.terms[1].axis].extent == WinogradSchedule::kTaps;
         });
}

bool WinogradSchedule::pays_in_block(const Contraction& c, const Shape& input) {
  if (c.sums_pixels() || !has_small_windows(c)) return false;
  const int64_t filters = c.extent_of(Kind::kColumn) * c.axes[c.axes_of(Kind::kDepth)[0]].extent;
  const int64_t tiles = tiles_along(c, 1) * tiles_along(c, 2);
  const Work work = work_of(c, ceil_div(tiles, kTilesOfGroup) * kTilesOfGroup, kOfExamples);
  const auto taps = static_cast<double>(taps_inside(c, input, 2) * taps_inside(c, input, 3));
  return filters <= kMostFilters && kLeastGainInBlock * work.tiles < taps * static_cast<double>(filters);
}

bool WinogradSchedule::pays_for_images(const Contraction& c) {
  if (c.sums_pixels() || !has_small_windows(c)) return false;
  const int64_t tiles = tiles_along(c, 1) * tiles_along(c, 2);
  const Work work = work_of(c, ceil_div(tiles, kTilesAtOnce) * kTilesAtOnce, kOfTiles);
  const auto images = static_cast<double>(c.axes[c.axes_of(Kind::kRow)[0]].extent);
  return kLeastGain * work.tiles < work.windows && work.tiles + work.filter / images < kMostLoss * work.windows;
}

WinogradSchedule::WinogradSchedule(Contraction contraction, const Target& target)
    : whole(std::move(contraction)), phases({whole}), lanes(target.lanes), rows(tiles_along(whole, 1)),
      columns(tiles_along(whole, 2)) {
  divide(target, rows * columns);
}

// A small image is one band. A large one has repeats between its first and its last lines, of as many lines as fill
// vectors best.
WinogradSchedule::WinogradSchedule(Contraction contraction, const Shape& input, const Target& target)
    : whole(std::move(contraction)), phases({whole}), lanes(target.lanes), rows(tiles_along(whole, 1)),
      columns(tiles_along(whole, 2)) {
  int64_t lines = 1, repeats = 0;
  if (rows * columns > kTilesOfOneBand) {
    const auto filled = [&](int64_t count) {
      return static_cast<double>(count * columns) / static_cast<double>(ceil_div(count * columns, lanes));
    };
    for (int64_t count = 2; count * columns <= kTilesOfBand; ++count)
      if (filled(count) > filled(lines)) lines = count;
    const int64_t inside = (input[2] - kSide - first_pixel(2)) / kStep + 1;  // of which no pixel is outside
    repeats = first_pixel(2) + kStep * lines < 0 ? 0 : std::min(inside, rows - 1) / lines - 1;
  }
  if (repeats > 0) {
    add_band(input, 0, lines, 1);
    add_band(input, lines, lines, repeats);
  }
  const int64_t done = repeats > 0 ? (repeats + 1) * lines : 0;
  add_band(input, done, rows - done, 1);
  int64_t most = 0;
  for (const Band& band : bands) most = std::max(most, band.tiles.vectors());
  divide(target, most);
}

// Pixels are counted from the image's first on, or from the first that a repeat reads.
void WinogradSchedule::add_band(const Shape& input, int64_t row, int64_t count, int64_t repeats) {
  const auto along = [&](int64_t tiles, int64_t size, int64_t offset) {
    return PixelAxis{.pixels = tiles, .places = kSide, .size = size, .pixel_step = kStep, .offset = offset};
  };
  const PixelAxis down = repeats > 1 ? along(count, kStep * count + kSide - kStep, 0)
                                     : along(count, input[2], first_pixel(2) + kStep * row);
  bands.push_back({row, count, repeats, PixelVectors(down, along(columns, input[3], first_pixel(3)), lanes)});
}

void WinogradSchedule::divide(const Target& target, int64_t most_vectors) {
  const SumTile tile(whole.extent_of(Kind::kColumn), most_vectors, false, lanes, target.processor);
  tile_columns = tile.numbers;
  vectors = tile.vectors;
}

int64_t WinogradSchedule::groups() const {
  if (bands.empty()) return ceil_div(rows * columns, vectors);
  int64_t count = 0;
  for (const Band& band : bands) count += band.repeats * groups(band);
  return count;
}

int64_t WinogradSchedule::tiles_in_code() const {
  int64_t count = 0;
  for (const Band& band : bands) count += band.rows * columns;
  return count;
}

int64_t WinogradSchedule::first_pixel(size_t dim) const {
  const AffineCoord& coord = whole.a[dim];
  return coord.offset + std::min<int64_t>(0, (kTaps - 1) * coord.terms[1].scale);
}

int64_t WinogradSchedule::floats_of_plane() const {
  return whole.extent_of(Kind::kBatch) * whole.extent_of(Kind::kColumn) * channels();
}

bool WinogradSchedule::divides_images() const { return images() < kFewImages; }

int64_t WinogradSchedule::units() const {
  if (bands.empty()) return 1;
  return divides_images() ? images() * groups() : images();
}

std::string WinogradSchedule::text() const {
  return fmt::format("minimal filtering F(2x2, 3x3) of {} x {} tiles, vectors of {}, sums of {} columns x {} vectors",
                     rows, columns, bands.empty() ? "examples" : "tiles", tile_columns, vectors);
}

}  // namespace minnow

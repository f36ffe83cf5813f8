#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

const Threshold kShortRow{"depth of rows of w that are read side by side", 512};
const Threshold kRowsOfUnit{"rows of a narrow product's unit", 128};  // each unit packs b for itself
const Threshold kMaxFilterColumns{"columns of a filter in registers", 7};
constexpr int64_t kLongRows = 4;    // that are read side by side
constexpr int64_t kFewColumns = 4;  // pixels of x that pay for a pixel of y
const Threshold kFewestTurns{"turns of tiles at a band, for which sums are read and written", 16};
const Threshold kFewestFarTurns{"turns of tiles at a band of images that come from far", 4};
constexpr double kFastBytes = 32;   // of operands in a cycle: more come from the first level of the caches alone
constexpr int64_t kTileParts = 2;   // of that level, for the columns of a tile
constexpr double kBandPart = 0.75;  // of that level, for a band of both

}  // namespace

DepthLanesSchedule::DepthLanesSchedule(Contraction contraction, const Target& target, bool in_block)
    : whole(std::move(contraction)), phases{whole}, lanes(target.lanes), is_in_block(in_block),
      tile(whole.axes.size(), 1) {
  for (const Axis& axis : whole.axes) block.push_back(axis.extent);
  const std::vector<size_t> depth = whole.axes_of(Kind::kDepth);
  lane_axis = in_block ? depth.front() : depth.back();
  stages = whole.has_windows() && !in_block;
  if (whole.has_windows()) divide_windows(target);
  else divide_product(target);
}

// Of few rows, what is summed up in registers at once is rows times columns, a part of the lanes, times steps of the
// depth. b is read once where its rows are long, else it stays in the cache from row to row.
void DepthLanesSchedule::divide_product(const Target& target) {
  const size_t row = whole.axes_of(Kind::kRow)[0], column = whole.axes_of(Kind::kColumn)[0];
  const int64_t rows = whole.axes[row].extent, columns = whole.axes[column].extent;
  const int64_t registers = target.schedule.tiles.accumulators;
  if (columns < lanes) {
    packs = columns > 1 && whole.kind_of(whole.b.back()) == Kind::kColumn;  // one column lies along the depth already
    tile[column] = columns;
    tile[row] = even_tile(rows, std::max<int64_t>(1, registers / columns));
    return;
  }
  const bool is_short = whole.axes[lane_axis].extent <= kShortRow;
  tile[row] = is_short ? 1 : rows;
  int64_t& some = tile[column] = is_short ? lanes : std::min(kLongRows, lanes);
  while (some > 1 && some * tile[row] > target.accumulators) some /= 2;
  // The order of the sums, which tuning must not change.
  steps = is_short ? 1 : std::max<int64_t>(1, target.accumulators / (some * tile[row]));
}

int64_t DepthLanesSchedule::places_at_once(int64_t row) { return large_tile(row, kMaxFilterColumns.at_most(row)); }

void DepthLanesSchedule::divide_windows(const Target& target) {
  const std::vector<size_t> rows = whole.axes_of(Kind::kRow);  // input channels, then the filter
  const size_t column = whole.axes_of(Kind::kColumn)[0];
  const int64_t width = whole.axes[rows.back()].extent;
  const int64_t outputs = whole.axes[column].extent;
  if (stages) {
    block[whole.axes_of(Kind::kDepth)[0]] = 1;
    tile[rows.back()] = largest_divisor(width, lanes);
    tile[column] = largest_divisor(outputs, lanes / tile[rows.back()]);
    return;
  }
  tile[rows.back()] = places_at_once(width);
  const int64_t registers = target.schedule.tiles.accumulators / registers_of_vector(lanes, target.processor);
  // As many multiply-adds for each pixel that is read as may be.
  double best = 0;
  int64_t channels = 1;
  for (int64_t most = std::max<int64_t>(1, kFewColumns / tile[rows.back()]); most >= 1; --most) {
    const int64_t some = largest_divisor(whole.axes[rows[0]].extent, most);
    const int64_t others = largest_divisor(outputs, std::max<int64_t>(1, registers / (some * tile[rows.back()])));
    const double gain = static_cast<double>(some * others) / static_cast<double>(some + others);
    if (gain <= best) continue;
    best = gain;
    channels = some;
    tile[column] = others;
  }
  tile[rows[0]] = channels;
  divide_images(target.processor);
}

// A tile reads all of its images' pixels. Where its multiply-adds are done faster than these come from the second level
// of the caches, they are of a band of rows that stays in the first while tiles of other rows of the filter take turns.
// Each tile's sums are read and written again for that, and added to in the same order: it takes many tiles to pay, but
// fewer where the images are not in the second level either.
void DepthLanesSchedule::divide_images(const Processor& processor) {
  const std::vector<size_t> depth = whole.axes_of(Kind::kDepth);  // images, their rows, their columns
  const double cycles =
      static_cast<double>(columns() * items() * registers_of_vector(lanes, processor)) / processor.multiply_adds;
  const int64_t pixel_bytes = (columns() + tile[whole.axes_of(Kind::kRow)[0]]) * lanes * 4;
  const int64_t row_bytes = pixel_bytes * whole.axes[depth.back()].extent;
  const int64_t rows = whole.axes[depth[1]].extent;
  int64_t turns = 1;
  for (const size_t axis : whole.axes_of(Kind::kRow)) turns *= ceil_div(whole.axes[axis].extent, tile[axis]);
  const int64_t pixels = rows * whole.axes[depth.back()].extent;
  const int64_t planes = whole.axes[whole.axes_of(Kind::kRow)[0]].extent + whole.extent_of(Kind::kColumn);
  const bool is_far = planes * pixels * lanes * 4 > processor.level2.bytes;
  has_bands = (is_far ? turns >= kFewestFarTurns : turns >= kFewestTurns) &&
              static_cast<double>(pixel_bytes) > kFastBytes * cycles && rows * row_bytes > processor.level1.bytes;
  const auto most = static_cast<int64_t>(kBandPart * static_cast<double>(processor.level1.bytes));
  if (has_bands) block[depth[1]] = even_tile(rows, std::max<int64_t>(1, most / row_bytes));
}

int64_t DepthLanesSchedule::items() const {
  int64_t count = 1;
  for (const size_t axis : whole.axes_of(Kind::kRow)) count *= tile[axis];
  return count;
}

int64_t DepthLanesSchedule::tiles() const {
  int64_t count = 1;
  for (size_t i = 0; i < tile.size(); ++i)
    if (whole.axes[i].kind != Kind::kDepth) count *= whole.axes[i].extent / tile[i];
  return count;
}

// Of one row: of more, its multiply-adds leave time enough. Both tiles' columns are in the first level of the caches.
bool DepthLanesSchedule::asks_ahead(const Processor& processor) const {
  const int64_t row_bytes = whole.axes[lane_axis].extent * 4;
  return steps > 1 && whole.extent_of(Kind::kRow) == 1 &&
         row_bytes * whole.extent_of(Kind::kColumn) > processor.level2.bytes &&
         row_bytes * columns() <= processor.level1.bytes / kTileParts;
}

int64_t DepthLanesSchedule::bytes() const {
  if (packs) return columns() * ceil_div(whole.axes[lane_axis].extent, lanes) * lanes * 4;
  return stages ? (floats_of(input()) + tiles() * lanes) * 4 : 0;
}

int64_t DepthLanesSchedule::units() const {
  if (is_in_block || stages) return 1;
  const int64_t columns = whole.extent_of(Kind::kColumn);
  if (columns < lanes) return kRowsOfUnit.whole_parts(whole.extent_of(Kind::kRow));
  return whole.extent_of(Kind::kBatch) * ceil_div(columns, lanes);
}

std::string DepthLanesSchedule::text() const {
  std::string text = is_in_block ? "vectors of examples" : stages ? "vectors of pixels" : "vectors along the depth";
  text += fmt::format(", summed over, tile {} rows x {} columns", items(), columns());
  if (steps > 1) text += fmt::format(" x {} steps", steps);
  if (packs) text += ", right operand packed";
  if (has_bands) text += fmt::format(", bands of {} rows", block[whole.axes_of(Kind::kDepth)[1]]);
  if (stages) text += fmt::format(", left operand copied with its padding, {} floats", floats_of(input()));
  return text;
}

}  // namespace minnow

#include "codegen/schedule/contraction_schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

const Threshold kWantedUnits{"panels that are units enough", 8};
const Threshold kMultipliesOfUnit{"multiply-adds of a part of a panel", 1 << 17};
const Threshold kUnpackedTiles{"tiles of rows that read w as it lies", 2};
constexpr int64_t kMaxTileRows = 12;   // each has an address in a register
constexpr int64_t kFewestPlaces = 64;  // of a panel's depth, or of its sums: fewer are not worth beginning

// A panel, its sums, and a band of rows each take this part of the second-level cache.
constexpr int64_t kPartOfCache = 8;
int64_t floats_in_cache(const Target& target) { return target.schedule.cache_bytes / kPartOfCache / 4; }

int64_t registers_of_vector(int64_t lanes, const Processor& processor) {
  return std::max<int64_t>(1, lanes / processor.lanes);
}

// What is read where it lies is read in long pieces: as many columns as registers have sums for, without a rest if
// that costs less than half of them.
int64_t wide_vectors(int64_t vectors, int64_t registers) {
  const int64_t most = std::clamp<int64_t>(registers, 1, vectors);
  const int64_t divisor = largest_divisor(vectors, most);
  return divisor > most - divisor ? divisor : even_tile(vectors, most);
}

// How often a unit of work is divided where there are few: each part packs its operands for itself.
int64_t splits_of(int64_t units, int64_t pieces, int64_t multiplies) {
  const int64_t most = std::min(pieces, kMultipliesOfUnit.whole_parts(multiplies / units));
  return units < kWantedUnits ? std::min(most, ceil_div(kWantedUnits, units)) : 1;
}

}  // namespace

int64_t floats_of(const StagedShape& shape) { return shape.empty() ? 0 : shape[0].extent * shape[0].stride; }

StagedShape staged_shape(const std::vector<Contraction>& phases, AffineMap Contraction::* map,
                         const std::vector<int64_t>& block) {
  StagedShape shape((phases[0].*map).size());
  for (size_t d = 0; d < shape.size(); ++d) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (const Contraction& phase : phases) {
      std::vector<Axis> axes = phase.axes;
      for (size_t i = 0; i < axes.size(); ++i) axes[i].extent = std::min(axes[i].extent, block[i]);
      const CoordSpan span = span_of((phase.*map)[d], axes);
      low = std::min(low, span.low);
      high = std::max(high, span.high);
    }
    shape[d] = {low, high - low + 1, 1};
  }
  for (size_t d = shape.size(); d-- > 1;) shape[d - 1].stride = shape[d].stride * shape[d].extent;
  return shape;
}

PanelSchedule::PanelSchedule(Contraction contraction, const Target& target, bool is_in_block)
    : whole(std::move(contraction)), phases(phases_of(whole)), lanes(target.lanes), adds_up(is_in_block) {
  for (const Axis& axis : whole.axes) block.push_back(axis.kind == Kind::kBatch ? 1 : axis.extent);
  transposes = !is_in_block && whole.kind_of(whole.y.back()) == Kind::kRow;
  const int64_t columns = whole.extent_of(Kind::kColumn);
  const TileShape& tile = columns <= lanes ? target.schedule.tiles.dot_narrow : target.schedule.tiles.dot;
  vectors = even_tile(ceil_div(columns, lanes), tile.vectors);
  most_tile_rows = tile.rows;
  if (whole.has_windows()) divide_windows(target);
  else divide_product(target, whole.kind_of(whole.b.back()) == Kind::kColumn && !is_in_block);
}

// A part of the depth makes a panel that stays in the cache; as many rows as their sums may take room go through the
// panels of their columns one after the other.
void PanelSchedule::divide_product(const Target& target, bool has_columns_innermost) {
  const int64_t rows = rows_of_block();
  const int64_t most_places = std::max(kFewestPlaces, floats_in_cache(target) / panel());
  if (adds_up) most_tile_rows = target.schedule.tiles.accumulators / vectors;
  packs = !has_columns_innermost || ceil_div(rows, std::min(rows, most_tile_rows)) > kUnpackedTiles;
  if (has_columns_innermost && target.schedule.alternative > 0) packs = !packs;
  if (!packs) {
    const int64_t all = ceil_div(whole.extent_of(Kind::kColumn), lanes);
    vectors = wide_vectors(all, target.schedule.tiles.accumulators / std::min(rows, most_tile_rows));
  } else {
    const std::vector<size_t> depth_axes = whole.axes_of(Kind::kDepth);
    int64_t& depth = block[depth_axes[0]];
    if (depth_axes.size() == 1) depth = even_tile(depth, most_places);
  }
  if (adds_up) return;
  const int64_t tiles = ceil_div(rows, tile_rows(rows));
  splits = splits_of(whole.extent_of(Kind::kBatch) * panels(), tiles, multiplies());
  row_parts = splits;
  if (blocks(Kind::kDepth) > 1)
    row_parts = splits * ceil_div(ceil_div(tiles, splits), ceil_div(std::min(rows, most_places), tile_rows(rows)));
}

// Images one by one, and of each a band of rows whose input and whose sums stay in the cache.
void PanelSchedule::divide_windows(const Target& target) {
  const Kind pixel = whole.sums_pixels() ? Kind::kDepth : Kind::kRow;
  const std::vector<size_t> pixels = whole.axes_of(pixel);  // the images, then space
  stages = true;
  most_tile_rows = std::min<int64_t>(kMaxTileRows, std::max<int64_t>(1, target.schedule.tiles.accumulators / vectors));
  block[pixels[0]] = 1;
  if (phases.size() == 1) {
    const int64_t height = whole.axes[pixels[1]].extent;
    const StagedShape shape = input();
    const int64_t row_floats =
        std::max(floats_of(shape) / shape[2].extent * whole.a[2].scale_of(pixels[1]), places(pixel) / height * panel());
    block[pixels[1]] = largest_divisor(height, std::max<int64_t>(1, floats_in_cache(target) / row_floats));
  }
  const int64_t rows = rows_of_block();
  splits = splits_of(whole.extent_of(Kind::kBatch) * panels(),
                     whole.sums_pixels() ? ceil_div(rows, tile_rows(rows)) : blocks(Kind::kRow), multiplies());
  if (whole.sums_pixels()) row_parts = splits;
}

void PanelSchedule::fit(int64_t room) {
  if (bytes() > room && !stages && whole.kind_of(whole.b.back()) == Kind::kColumn) {
    packs = false;
    for (const size_t axis : whole.axes_of(Kind::kDepth)) block[axis] = whole.axes[axis].extent;
  }
  while (bytes() > room && vectors > 1) --vectors;
}

int64_t PanelSchedule::panels() const { return ceil_div(whole.extent_of(Kind::kColumn), panel()); }

int64_t PanelSchedule::multiplies() const {
  int64_t count = 1;
  for (const Axis& axis : whole.axes) count *= axis.extent;
  return count;
}

int64_t PanelSchedule::tile_rows(int64_t rows) const {
  return stages || adds_up ? even_tile(rows, most_tile_rows) : std::min(rows, most_tile_rows);
}

int64_t PanelSchedule::blocks(Axis::Kind kind) const {
  int64_t count = 1;
  for (const size_t axis : whole.axes_of(kind)) count *= ceil_div(whole.axes[axis].extent, block[axis]);
  return count;
}

int64_t PanelSchedule::places(Axis::Kind kind) const {
  int64_t count = 1;
  for (const size_t axis : whole.axes_of(kind)) count *= block[axis];
  return count;
}

int64_t PanelSchedule::input_floats() const { return stages ? ceil_div(floats_of(input()), lanes) * lanes : 0; }

int64_t PanelSchedule::sum_floats() const {
  if (!keeps_sums()) return 0;
  const int64_t rows = rows_of_block();
  const int64_t tile = tile_rows(rows);
  return (ceil_div(ceil_div(rows, tile), row_parts) * tile + lanes) * panel();
}

namespace {

const Threshold kMaxOutputs{"output channels in registers", 8};
constexpr int64_t kImageParts = 2;  // of the second-level cache: of one a padded image may take all

using Tile = RowLanesSchedule::Tile;

// The tile of most accumulators that, evened out over columns and items, takes the fewest cycles: its units multiply
// and load, and each sum waits for the one before. Numbers that are broadcast count half: they share their cache lines.
// An item may be `parts` registers, of which those of all items and a number are there beside the sums.
Tile cheapest_tile(int64_t columns, int64_t items, int64_t limit, int64_t parts, const Processor& processor) {
  Tile best;
  const double each = static_cast<double>(parts);
  double best_cost = 1e30;
  for (int64_t some = 1; some <= std::min(limit, columns); ++some) {
    for (int64_t others = 1; others <= std::min(limit / some, items); ++others) {
      if (parts > 1 && (some + 1) * others * parts + 1 > processor.registers) continue;
      const double multiplies = each * static_cast<double>(some * others);
      const double loads = (parts > 1 ? 1 : 0.5) * static_cast<double>(some) + each * static_cast<double>(others);
      const double busy = std::max(
          {multiplies / processor.multiply_adds, loads / processor.loads, static_cast<double>(processor.latency)});
      const double one = busy + 0.15 * loads / multiplies;
      const double tiles = static_cast<double>(ceil_div(columns, some) * ceil_div(items, others));
      if (one * tiles >= best_cost) continue;
      best_cost = one * tiles;
      best = {some, others};
    }
  }
  return best;
}

}  // namespace

RowLanesSchedule::RowLanesSchedule(Contraction contraction, const Target& target, bool in_block)
    : whole(std::move(contraction)), phases(phases_of(whole)), lanes(target.lanes), is_in_block(in_block),
      registers_(target.schedule.tiles), processor_(target.processor) {
  for (const Axis& axis : whole.axes) block.push_back(axis.extent);
  const std::vector<size_t> rows = whole.axes_of(Kind::kRow);
  lane_axis = in_block ? rows.front() : rows.back();
  stages = whole.has_windows() && !in_block;
  item_axis = stages ? rows[rows.size() - 2] : rows.back();
  if (!stages) return;
  block[rows[0]] = 1;
  const int64_t height = whole.axes[rows[1]].extent;
  const int64_t row_floats = std::max<int64_t>(1, ceil_div(floats_of(input()), height));
  if (phases.size() == 1)
    block[rows[1]] =
        largest_divisor(height, std::max<int64_t>(1, target.schedule.cache_bytes / kImageParts / 4 / row_floats));
}

RowLanesSchedule::Tile RowLanesSchedule::tile_of(const Contraction& phase) const {
  const int64_t columns = phase.extent_of(Kind::kColumn);
  const int64_t extent = std::min(block[item_axis], phase.axes[item_axis].extent);
  const int64_t items = item_axis == lane_axis ? ceil_div(extent, lanes) : extent;
  const int64_t parts = registers_of_vector(lanes, processor_);
  const int64_t registers = std::max<int64_t>(1, registers_.accumulators / parts);
  if (stages) {
    const int64_t some = largest_divisor(columns, kMaxOutputs.at_most(columns));
    return {some, largest_divisor(items, std::max<int64_t>(1, registers / some))};
  }
  if (!is_in_block) return {columns, std::clamp<int64_t>(registers / columns, 1, 2)};
  if (item_axis == lane_axis) return {even_tile(columns, registers / items), items};
  if (registers_.conv.rows == 0) return cheapest_tile(columns, items, registers, parts, processor_);
  return {even_tile(columns, registers_.conv.rows), even_tile(items, ceil_div(registers_.conv.vectors, parts))};
}

StagedShape RowLanesSchedule::sums() const {
  std::vector<int64_t> places = block;
  for (const size_t axis : whole.axes_of(Kind::kBatch)) places[axis] = 1;
  for (const size_t axis : whole.axes_of(Kind::kColumn)) places[axis] = tile_of(whole).columns;
  return staged_shape(phases, &Contraction::y, places);
}

int64_t RowLanesSchedule::input_bytes() const {
  if (!stages) return 0;
  return (floats_of(input()) + lanes * std::max<int64_t>(1, whole.a.back().scale_of(lane_axis))) * 4;
}

int64_t RowLanesSchedule::units() const {
  if (!stages) return 1;
  int64_t count = 1;
  for (const size_t axis : whole.axes_of(Kind::kRow)) count *= whole.axes[axis].extent / block[axis];
  return count;
}

namespace {

const Threshold kShortRow{"depth of rows of w that are read side by side", 512};
const Threshold kRowsOfUnit{"rows of a narrow product's unit", 128};  // each unit packs b for itself
const Threshold kMaxFilterColumns{"columns of a filter in registers", 7};
constexpr int64_t kLongRows = 4;    // that are read side by side
constexpr int64_t kFewColumns = 4;  // pixels of x that pay for a pixel of y

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
    packs = whole.kind_of(whole.b.back()) == Kind::kColumn;
    tile[column] = columns;
    tile[row] = std::max<int64_t>(1, registers / columns);
    return;
  }
  const bool is_short = whole.axes[lane_axis].extent <= kShortRow;
  tile[row] = is_short ? 1 : rows;
  int64_t& some = tile[column] = is_short ? lanes : std::min(kLongRows, lanes);
  while (some > 1 && some * tile[row] > target.accumulators) some /= 2;
  // The order of the sums, which tuning must not change.
  steps = is_short ? 1 : std::max<int64_t>(1, target.accumulators / (some * tile[row]));
}

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
  tile[rows.back()] = largest_divisor(width, kMaxFilterColumns.at_most(width));
  const int64_t most = std::max<int64_t>(1, kFewColumns / tile[rows.back()]);
  tile[rows[0]] = largest_divisor(whole.axes[rows[0]].extent, most);
  const int64_t registers = target.schedule.tiles.accumulators / registers_of_vector(lanes, target.processor);
  tile[column] = largest_divisor(outputs, std::max<int64_t>(1, registers / items()));
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

std::string PanelSchedule::text() const {
  std::string text =
      fmt::format("vectors along columns, tile {} rows x {} vectors", tile_rows(rows_of_block()), vectors);
  text += packs ? fmt::format(", panels of depth {}", places(Kind::kDepth)) : ", right operand read as it lies";
  if (stages) text += fmt::format(", left operand copied with its padding, {} floats", input_floats());
  if (phases.size() > 1) text += fmt::format(", {} phases of the stride", phases.size());
  if (keeps_sums()) text += fmt::format(", sums of {} rows kept", sum_floats() / panel());
  if (transposes) text += ", sums transposed into the result";
  return text + fmt::format(", {} units of work", units());
}

std::string RowLanesSchedule::text() const {
  const Tile tile = tile_of(phases[0]);
  std::string text = is_in_block ? "vectors of examples" : stages ? "vectors of pixels" : "vectors along rows";
  text += fmt::format(", tile {} columns x {} vectors", tile.columns, tile.items);
  if (stages) text += fmt::format(", left operand copied with its padding, {} floats", input_bytes() / 4);
  if (phases.size() > 1) text += fmt::format(", {} phases of the stride", phases.size());
  return text;
}

std::string DepthLanesSchedule::text() const {
  std::string text = is_in_block ? "vectors of examples" : stages ? "vectors of pixels" : "vectors along the depth";
  text += fmt::format(", summed over, tile {} rows x {} columns", items(), columns());
  if (steps > 1) text += fmt::format(" x {} steps", steps);
  if (packs) text += ", right operand packed";
  if (stages) text += fmt::format(", left operand copied with its padding, {} floats", floats_of(input()));
  return text;
}

}  // namespace minnow

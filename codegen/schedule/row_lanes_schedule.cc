#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

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
      unrolls(target.orders_code), registers_(target.schedule.tiles), processor_(target.processor) {
  for (const Axis& axis : whole.axes) block.push_back(axis.extent);
  const std::vector<size_t> rows = whole.axes_of(Kind::kRow);
  lane_axis = in_block ? rows.front() : rows.back();
  stages = whole.has_windows() && !in_block;
  item_axis = stages ? rows[rows.size() - 2] : rows.back();
  if (!stages) return;
  block[rows[0]] = 1;
  const int64_t height = whole.axes[rows[1]].extent;
  const int64_t row_floats = std::max<int64_t>(1, ceil_div(floats_of(input()), height));
  if (phases.size() > 1) return;
  block[rows[1]] =
      largest_divisor(height, std::max<int64_t>(1, target.schedule.cache_bytes / kImageParts / 4 / row_floats));
  if (target.has_threads) block[rows[1]] = rows_of_shared_band(phases, block, rows[1], units());
}

RowLanesSchedule::Tile RowLanesSchedule::tile_of(const Contraction& phase) const {
  const int64_t columns = phase.extent_of(Kind::kColumn);
  const int64_t extent = std::min(block[item_axis], phase.axes[item_axis].extent);
  const int64_t items = item_axis == lane_axis ? ceil_div(extent, lanes) : extent;
  const int64_t parts = registers_of_vector(lanes, processor_);
  const int64_t registers = std::max<int64_t>(1, registers_.accumulators / parts);
  if (stages) {
    const int64_t some = large_tile(columns, kMaxOutputs.at_most(columns));
    return {some, large_tile(items, std::max<int64_t>(1, registers / some))};
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

std::string RowLanesSchedule::text() const {
  const Tile tile = tile_of(phases[0]);
  std::string text = is_in_block ? "vectors of examples" : stages ? "vectors of pixels" : "vectors along rows";
  text += fmt::format(", tile {} columns x {} vectors", tile.columns, tile.items);
  if (stages) text += fmt::format(", left operand copied with its padding, {} floats", input_bytes() / 4);
  if (units() > 1) text += fmt::format(", {} units of work", units());
  if (phases.size() > 1) text += fmt::format(", {} phases of the stride", phases.size());
  return text;
}

}  // namespace minnow

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

const Threshold kWantedUnits{"panels that are units enough", 8};
const Threshold kMultipliesOfUnit{"multiply-adds of a part of a panel", 1 << 17};
// Packing w costs as much as a few tiles of rows do; unpacked, its lines are far from each other.
const Threshold kUnpackedTiles{"tiles of rows that read w as it lies", 2};
const Threshold kNearRows{"rows that read w as it lies where it is not deep and vectors are long", 256};
// Such rows are as good as packed: of a page of memory, tiles use the most part.
const Threshold kCloseVectors{"vectors of a row of w, rows following closely on each other", 16};
const Threshold kNearDepth{"depth of w that is not deep", 1024};
// Of more, packing is a small part, not worth code of its own.
const Threshold kTilesInPassing{"tiles of rows of which the first packs", 32};
constexpr int64_t kMaxTileRows = 12;   // each has an address in a register
constexpr int64_t kWideVectors = 4;    // at most, of a panel that many rows read as it lies
constexpr int64_t kLongPiece = 64;     // floats; shorter ones would each be alone on their page of memory
constexpr int64_t kLineBytes = 64;     // of a cache
constexpr int64_t kLineParts = 3;      // of a tile, of which one less may do
constexpr int64_t kFilterVectors = 2;  // of a panel whose sums are of many pixels, or one more
constexpr int64_t kFewestPlaces = 64;  // of a panel's depth, or of its sums: fewer are not worth beginning

// The parts of the second-level cache that a panel or its sums take, and a band of an image's rows.
constexpr int64_t kPanelParts = 4, kBandParts = 8;
int64_t floats_in_cache(const Target& target, int64_t parts) { return target.schedule.cache_bytes / parts / 4; }

// Floats of a band at most where there is one thread, and little memory: what a band saves is more than what it costs.
constexpr int64_t kSmallBand = 1 << 10;

// Whether a cache holds a piece of each of so many rows, whose distance decides how many of its sets they have: of a
// power of two there are few.
bool holds_rows(const Cache& cache, int64_t rows, int64_t row_bytes, int64_t piece_bytes) {
  if (cache.ways == 0) return true;
  const int64_t sets = cache.bytes / kLineBytes / cache.ways;
  const int64_t lines = ceil_div(piece_bytes, kLineBytes);
  const int64_t begins = sets / std::gcd(sets, std::max<int64_t>(1, row_bytes / kLineBytes));
  return rows * lines <= std::min(sets, begins * lines) * cache.ways;
}

// What is read where it lies is read in long pieces: as many columns as registers have sums for, or, down to half of
// them, so many that less of the last piece is empty.
int64_t wide_vectors(int64_t vectors, int64_t registers) {
  const int64_t most = std::clamp<int64_t>(registers, 1, vectors);
  int64_t best = most;
  for (int64_t wide = most; 2 * wide > most; --wide)
    if (ceil_div(vectors, wide) * wide < ceil_div(vectors, best) * best) best = wide;
  return best;
}

// As many as a tile has, or one more if then less of the last panel is empty.
int64_t packed_vectors(int64_t vectors, int64_t of_tile) {
  const int64_t few = even_tile(vectors, of_tile), many = of_tile + 1;
  return ceil_div(vectors, many) * many < ceil_div(vectors, few) * few ? many : few;
}

// How often a unit of work is divided where there are few: each part packs its operands for itself.
int64_t splits_of(int64_t units, int64_t pieces, int64_t multiplies) {
  const int64_t most = std::min(pieces, kMultipliesOfUnit.whole_parts(multiplies / units));
  return units < kWantedUnits ? std::min(most, ceil_div(kWantedUnits, units)) : 1;
}

}  // namespace

PanelSchedule::PanelSchedule(Contraction contraction, const Target& target, bool is_in_block)
    : whole(std::move(contraction)), phases(phases_of(whole)), lanes(target.lanes), adds_up(is_in_block) {
  for (const Axis& axis : whole.axes) block.push_back(axis.kind == Kind::kBatch ? 1 : axis.extent);
  transposes = !is_in_block && whole.kind_of(whole.y.back()) == Kind::kRow;
  const int64_t columns = whole.extent_of(Kind::kColumn);
  const TileShape& tile = columns <= lanes ? target.schedule.tiles.dot_narrow : target.schedule.tiles.dot;
  vectors = packed_vectors(ceil_div(columns, lanes), tile.vectors);
  const int64_t sums = tile.rows * tile.vectors;
  most_tile_rows = std::clamp<int64_t>(sums / vectors, 1, std::max<int64_t>(tile.rows, kMaxTileRows));
  if (whole.has_windows()) divide_windows(target);
  else divide_product(target, whole.kind_of(whole.b.back()) == Kind::kColumn && !is_in_block);
}

// A part of the depth, of which a panel stays in the cache; as many rows as their sums may take room go through the
// panels of their columns one after the other.
void PanelSchedule::divide_product(const Target& target, bool has_columns_innermost) {
  const int64_t rows = rows_of_block();
  if (adds_up) most_tile_rows = target.schedule.tiles.accumulators / vectors;
  const int64_t tiles_of_rows = ceil_div(rows, std::min(rows, most_tile_rows));
  const int64_t depth_of_all = whole.extent_of(Kind::kDepth);
  const bool is_near =
      rows <= kNearRows && depth_of_all <= kNearDepth && kWideVectors * lanes >= kLongPiece &&
      holds_rows(target.processor.level2, depth_of_all, whole.extent_of(Kind::kColumn) * 4, kWideVectors * lanes * 4);
  const bool is_read_again = tiles_of_rows > kUnpackedTiles;
  const bool is_close = is_read_again && ceil_div(whole.extent_of(Kind::kColumn), lanes) <= kCloseVectors;
  packs = !has_columns_innermost || (is_read_again && !is_near && !is_close);
  if (has_columns_innermost && target.schedule.alternative > 0) packs = !packs;
  if (!packs) divide_unpacked(target);
  if (packs || is_close || !holds_columns(target, depth_of_all)) divide_depth(target);
  if (!adds_up) divide_rows(target);
}

bool PanelSchedule::may_pack_ahead() const {
  if (adds_up || whole.sums_pixels() || whole.extent_of(Kind::kBatch) != 1) return false;
  return whole.has_windows() ? phases.size() == 1 : whole.axes_of(Kind::kDepth).size() == 1;
}

void PanelSchedule::pack_ahead(const Target& target) {
  packs = is_ahead = true;
  if (whole.has_windows()) return;
  divide_unpacked(target);
  block[whole.axes_of(Kind::kDepth)[0]] = whole.extent_of(Kind::kDepth);
  const int64_t rows = rows_of_block();
  if (ceil_div(rows, tile_rows(rows)) > kUnpackedTiles) divide_depth(target);
  divide_rows(target);
}

// A panel is read again by each tile of rows.
void PanelSchedule::divide_depth(const Target& target) {
  const std::vector<size_t> axes = whole.axes_of(Kind::kDepth);
  if (axes.size() != 1) return;
  int64_t places = std::min(block[axes[0]], most_places(target));
  while (places > kFewestPlaces && !holds_columns(target, places)) places /= 2;
  block[axes[0]] = even_tile(block[axes[0]], places);
}

// Whether the lines that a tile reads of a stay in the cache for the next tile, whose rows lie in the same: where a is
// transposed, one line for each place of the depth.
bool PanelSchedule::holds_columns(const Target& target, int64_t places) const {
  return whole.kind_of(whole.a.back()) != Kind::kRow || adds_up ||
         holds_rows(target.processor.level2, places, rows_of_block() * 4, kLineBytes);
}

void PanelSchedule::divide_rows(const Target& target) {
  const int64_t rows = rows_of_block();
  const int64_t tiles = ceil_div(rows, tile_rows(rows));
  splits = splits_of(whole.extent_of(Kind::kBatch) * panels(), tiles, multiplies());
  row_parts = splits;
  if (blocks(Kind::kDepth) > 1)
    row_parts =
        splits * ceil_div(ceil_div(tiles, splits), ceil_div(std::min(rows, most_places(target)), tile_rows(rows)));
}

// Few rows are one tile. Of more, a tile has as many as leave registers for a long piece of w.
void PanelSchedule::divide_unpacked(const Target& target) {
  const int64_t rows = rows_of_block();
  const int64_t registers = target.schedule.tiles.accumulators;
  const bool is_one_tile = rows <= std::min(kMaxTileRows, std::max(most_tile_rows, registers / 2));
  vectors = wide_vectors(ceil_div(whole.extent_of(Kind::kColumn), lanes),
                         is_one_tile ? registers / rows : std::min(kWideVectors, registers / most_tile_rows));
  most_tile_rows = is_one_tile ? rows : std::clamp<int64_t>(registers / vectors, 1, kMaxTileRows);
}

// Images one by one, and of each a band of rows whose input and whose sums stay in the cache.
void PanelSchedule::divide_windows(const Target& target) {
  const Kind pixel = whole.sums_pixels() ? Kind::kDepth : Kind::kRow;
  const std::vector<size_t> pixels = whole.axes_of(pixel);  // the images, then space
  stages = true;
  vectors = std::min(vectors, packed_vectors(ceil_div(whole.extent_of(Kind::kColumn), lanes), kFilterVectors));
  most_tile_rows = std::min<int64_t>(kMaxTileRows, std::max<int64_t>(1, target.schedule.tiles.accumulators / vectors));
  block[pixels[0]] = 1;
  const bool has_little = !target.has_threads && !whole.sums_pixels();
  const int64_t in_cache = floats_in_cache(target, kBandParts);
  const int64_t most = has_little ? std::min(kSmallBand, in_cache) : in_cache;
  if (phases.size() == 1) {
    const int64_t height = whole.axes[pixels[1]].extent;
    const StagedShape shape = input();
    const int64_t row_floats =
        std::max(floats_of(shape) / shape[2].extent * whole.a[2].scale_of(pixels[1]), places(pixel) / height * panel());
    block[pixels[1]] = largest_divisor(height, std::max<int64_t>(1, most / row_floats));
    const int64_t units = whole.extent_of(Kind::kBatch) * panels() * blocks(Kind::kRow);
    if (!has_little && !whole.sums_pixels()) block[pixels[1]] = rows_of_shared_band(phases, block, pixels[1], units);
  }
  if (phases.size() == 1 && !whole.sums_pixels()) follow_lines(target.processor);
  const int64_t rows = rows_of_block();
  if (has_little) return;
  splits = splits_of(whole.extent_of(Kind::kBatch) * panels(),
                     whole.sums_pixels() ? ceil_div(rows, tile_rows(rows)) : blocks(Kind::kRow), multiplies());
  if (whole.sums_pixels()) row_parts = splits;
}

// Pixels of one line have one address in common, so that a tile may have more of them, as many as registers hold; if
// they are not much fewer than those that go on in the next line, nor so few that a sum waits for the one before.
void PanelSchedule::follow_lines(const Processor& processor) {
  const int64_t rows = rows_of_block();
  const int64_t line = block[whole.axes_of(Kind::kRow).back()];
  const int64_t most = (processor.registers / registers_of_vector(lanes, processor) - 1 - vectors) / vectors;
  const auto in_flight = static_cast<int64_t>(processor.latency * processor.multiply_adds);
  const int64_t fewest =
      std::max(ceil_div(even_tile(rows, most_tile_rows) * (kLineParts - 1), kLineParts), ceil_div(in_flight, vectors));
  for (int64_t tile = most; tile >= fewest; --tile)
    if (rows % tile == 0 && (line % tile == 0 || tile % line == 0)) {
      most_tile_rows = tile;
      follows_lines = true;
      return;
    }
}

void PanelSchedule::fit(int64_t room) {
  if (bytes() > room && !stages && whole.kind_of(whole.b.back()) == Kind::kColumn) {
    packs = false;
    for (const size_t axis : whole.axes_of(Kind::kDepth)) block[axis] = whole.axes[axis].extent;
  }
  while (bytes() > room && vectors > 1) --vectors;
}

bool PanelSchedule::packs_in_passing() const {
  if (!packs || is_ahead || adds_up || stages || whole.kind_of(whole.b.back()) != Kind::kColumn) return false;
  const int64_t tiles = ceil_div(rows_of_block(), tile_rows(rows_of_block())) / row_parts;
  return tiles > 1 && tiles <= kTilesInPassing;
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

int64_t PanelSchedule::floats_of_packed_panel() const {
  const int64_t depth = whole.extent_of(Kind::kDepth);
  return (whole.has_windows() ? depth + lanes : ceil_div(depth, lanes) * lanes) * panel();
}

int64_t PanelSchedule::most_places(const Target& target) const {
  return std::max(kFewestPlaces, floats_in_cache(target, kPanelParts) / panel());
}

int64_t PanelSchedule::sum_floats() const {
  if (!keeps_sums()) return 0;
  const int64_t rows = rows_of_block();
  const int64_t tile = tile_rows(rows);
  return (ceil_div(ceil_div(rows, tile), row_parts) * tile + lanes) * panel();
}

std::string PanelSchedule::text() const {
  std::string text =
      fmt::format("vectors along columns, tile {} rows x {} vectors", tile_rows(rows_of_block()), vectors);
  text += packs ? fmt::format(", panels of depth {}", places(Kind::kDepth)) : ", right operand read as it lies";
  if (is_ahead) text += ", packed ahead";
  if (stages) text += fmt::format(", left operand copied with its padding, {} floats", input_floats());
  if (phases.size() > 1) text += fmt::format(", {} phases of the stride", phases.size());
  if (keeps_sums()) text += fmt::format(", sums of {} rows kept", sum_floats() / panel());
  if (transposes) text += ", sums transposed into the result";
  return text + fmt::format(", {} units of work", units());
}

}  // namespace minnow

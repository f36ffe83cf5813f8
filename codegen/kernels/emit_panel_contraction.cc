#include <algorithm>
#include <optional>

#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/panel_sums.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/machine/jit_code.h"
#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

constexpr int64_t kStepsOfColumn = 16;  // at least, for each step that a column of a is asked for ahead
constexpr double kCyclesAhead = 200;    // in which a line arrives from the third level of the caches

class PanelContraction : PanelSums {
 public:
  PanelContraction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PanelSchedule& s)
      : PanelSums(kernel, storage, work, s), a_{op_.operands[0], &Contraction::a},
        scratch_(kernel, work, {s.bytes(), s.units()}) {
    V memory = scratch_.memory();
    if (s.stages) {
      kernel_.function()->addFnAttr(kManyAddresses);  // of a tile's rows, each somewhere else in a window
      a_.base = memory;
      a_.shape = s.input();
    }
    panel_ = kernel_.byte_offset(memory, s.input_floats() * 4);
    totals_ = kernel_.byte_offset(panel_, s.panel_floats() * 4);
    if (s.packs && !s.is_ahead) place_panel();
    if (!s.adds_up && !s.keeps_sums()) foresee_epilogue(s.multiply_adds_of_tile());
  }

  WorkUnits emit();

 private:
  UnitGrid grid() const;
  void choose_block(Kind kind, V block);
  void prepare_panel();
  V is_new_panel(V unit, V split);
  void emit_piece(V piece);
  void sum_phase(const Contraction& phase, V from, V to, V is_first);
  V pack_in_passing(const std::function<void()>& sum_tile);
  void accumulate(const Contraction& phase, const std::vector<Axes>& rows, V first);
  void depth_loops(const Contraction& phase, Axes& depth, int64_t rows, V first, const std::function<void()>& step);
  V read_vector(const Contraction& phase, const Axes& depth, int64_t j);
  void prefetch(const Contraction& phase, const Axes& row, const Axes& depth);
  std::optional<Axes> place_ahead(Axes row, const Axes& depth, int64_t steps);

  Operand a_;
  ScratchUnits scratch_;
  V is_new_panel_ = nullptr;  // whether the panel is yet to be packed; nullptr: it always is
  bool packs_now_ = false;    // the tile that is emitted does
};

WorkUnits PanelContraction::emit() {
  const std::vector<size_t> batch = s_.whole.axes_of(Kind::kBatch);
  std::vector<int64_t> batch_extents;
  for (const size_t axis : batch) batch_extents.push_back(s_.whole.axes[axis].extent);
  const auto emit_unit = [&](V unit) {
    V split = rest(unit, s_.splits);
    V panel = divided(unit, s_.splits);
    Axes at = origin();
    set_digits(at, batch, batch_extents, divided(panel, s_.panels()));
    for (const size_t axis : batch) first_[axis] = emitter_.index_of(at[axis]);
    first_[column_] = times(rest(panel, s_.panels()), s_.panel());
    if (s_.blocks(Kind::kDepth) == 1) {
      choose_block(Kind::kDepth, number(0));
      is_new_panel_ = is_new_panel(unit, split);
      prepare_panel();
    }
    const auto bound = [&](V i) { return divided(times(i, s_.pieces()), s_.splits); };
    if (s_.pieces() == s_.splits) return emit_piece(split);
    kernel_.loop(bound(split), bound(plus(split, 1)), 1, [&](V piece) { emit_piece(piece); });
  };
  if (s_.adds_up) {
    kernel_.loop(0, s_.pieces_of_work(), emit_unit);
    return {1, false};
  }
  scratch_.loop(emit_unit);
  return {scratch_.count(), true, grid()};
}

// Panels, and of each the rows, unless all are in one piece: images and bands of them, or tiles of all rows counted
// through.
UnitGrid PanelContraction::grid() const {
  ResultGrid grid(s_.whole, op_.type().elements());
  grid.divide(s_.whole.axes_of(Kind::kBatch), 1).divide(column_, s_.panel());
  if (s_.splits == 1) return grid.take();
  if (s_.blocks(Kind::kRow) > 1) {
    for (const size_t axis : rows_) grid.divide(axis, s_.block[axis]);
    return grid.split(s_.blocks(Kind::kRow), s_.splits).take();
  }
  const int64_t rows = s_.rows_of_block(), tile = s_.tile_rows(rows);
  return grid.divide_as_one(rows_, tile).split(ceil_div(rows, tile), s_.splits).take();
}

// The axes of a kind stand at the beginning of this block.
void PanelContraction::choose_block(Kind kind, V block) {
  const std::vector<size_t> axes = s_.whole.axes_of(kind);
  std::vector<int64_t> blocks;
  for (const size_t axis : axes) blocks.push_back(ceil_div(s_.whole.axes[axis].extent, s_.block[axis]));
  Axes at = origin();
  set_digits(at, axes, blocks, block);
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = axes[i];
    const int64_t extent = s_.whole.axes[axis].extent;
    first_[axis] = times(emitter_.index_of(at[axis]), s_.block[axis]);
    count_[axis] = blocks[i] == 1 ? nullptr : number(s_.block[axis]);
    if (extent % s_.block[axis] != 0) count_[axis] = smaller(count_[axis], ir_.CreateSub(number(extent), first_[axis]));
  }
}

void PanelContraction::prepare_panel() {
  if (s_.is_ahead) find_panel(kernel_.buffer(work_.panels));
  else if (!s_.packs || s_.packs_in_passing()) return;
  else if (is_new_panel_ == nullptr) pack_panel();
  else kernel_.when(is_new_panel_, [&] { pack_panel(); });
}

// The piece of work before this one, if the call did it, has left its panel: the same, unless this is the first of the
// panel's parts.
llvm::Value* PanelContraction::is_new_panel(V unit, V split) {
  if (s_.splits == 1) return nullptr;
  V is_first_of_call = ir_.CreateICmpEQ(unit, scratch_.begin());
  return ir_.CreateOr(ir_.CreateICmpEQ(split, number(0)), is_first_of_call);
}

// A part of the rows, through all of the depth.
void PanelContraction::emit_piece(V piece) {
  const int64_t rows = s_.rows_of_block();
  const int64_t tiles = ceil_div(rows, s_.tile_rows(rows));
  choose_block(Kind::kRow, divided(piece, s_.row_parts));
  V part = rest(piece, s_.row_parts);
  const auto bound = [&](V i) { return divided(times(i, tiles), s_.row_parts); };
  V from = bound(part);
  V to = bound(plus(part, 1));
  first_tile_ = from;
  const int64_t depth_blocks = s_.blocks(Kind::kDepth);
  kernel_.loop(0, depth_blocks, [&](V block) {
    if (depth_blocks > 1) choose_block(Kind::kDepth, block);
    if (s_.stages) stage(a_);
    if (depth_blocks > 1) prepare_panel();
    V is_first = depth_blocks > 1 ? ir_.CreateICmpEQ(block, number(0)) : nullptr;
    for (const Contraction& phase : s_.phases) sum_phase(phase, from, to, is_first);
  });
  if (s_.keeps_sums()) finish_rows(from, to);
}

// Tiles [from, to) of the rows of a block.
void PanelContraction::sum_phase(const Contraction& phase, V from, V to, V is_first) {
  int64_t rows = 1;
  for (const size_t axis : rows_) rows *= std::min(s_.block[axis], phase.axes[axis].extent);
  const int64_t tile = s_.tile_rows(rows);
  if (s_.phases.size() > 1) to = number(ceil_div(rows, tile));  // of which all rows are one part
  const auto sum_tile = [&](V first, int64_t count) {
    const std::vector<Axes> tile_rows = rows_of_tile(phase, first, count);
    const std::vector<V> places = s_.keeps_sums() ? places_of_sums(phase, tile_rows, first) : std::vector<V>();
    if (s_.adds_up) continue_result(tile_rows);
    else if (is_first != nullptr) start_sums(places, is_first);
    else sums_.clear();
    accumulate(phase, tile_rows, first);
    if (s_.adds_up) store_result(tile_rows);
    else if (s_.keeps_sums()) keep_sums(places);
    else store_tile(phase, tile_rows, first);
    emitter_.forget();
  };
  if (s_.packs_in_passing()) from = plus(from, pack_in_passing([&] { sum_tile(times(from, tile), tile); }));
  for_tiles(kernel_, rows, tile, from, to, sum_tile);
}

// The first tile, which multiplies while what it reads of b is on its way into the panel. Whether it was summed, 0
// or 1.
llvm::Value* PanelContraction::pack_in_passing(const std::function<void()>& sum_tile) {
  packs_now_ = true;
  is_new_panel_ == nullptr ? sum_tile() : kernel_.when(is_new_panel_, sum_tile);
  packs_now_ = false;
  return is_new_panel_ == nullptr ? number(1) : ir_.CreateZExt(is_new_panel_, kernel_.index_type());
}

// Step by step of the depth: vectors of b times the tile's numbers of a.
void PanelContraction::accumulate(const Contraction& phase, const std::vector<Axes>& rows, V first) {
  emitter_.forget();
  Axes depth = origin();
  depth_loops(phase, depth, static_cast<int64_t>(rows.size()), first, [&] {
    const auto at_depth = [&](Axes at) {
      for (const size_t axis : depth_) at[axis] = depth[axis];
      return at;
    };
    prefetch(phase, rows.back(), depth);
    std::vector<V> b;
    for (int64_t j = 0; j < s_.vectors; ++j) b.push_back(read_vector(phase, depth, j));
    for (size_t i = 0; i < rows.size(); ++i) {
      V a = read(a_, phase, at_depth(rows[i]));
      for (int64_t j = 0; j < s_.vectors; ++j)
        sums_.multiply_add(static_cast<int64_t>(i), j, a, b[static_cast<size_t>(j)]);
    }
    emitter_.forget();
  });
}

// Of b.
llvm::Value* PanelContraction::read_vector(const Contraction& phase, const Axes& depth, int64_t j) {
  if (packs_now_) return pack_vector(depth, j);
  Axes at = depth;
  at[column_] = emitter_.lane(number(j * s_.lanes));
  V vector = nullptr;
  emitter_.under_mask(s_.packs ? nullptr : vector_mask(j), [&] { vector = read(b_, phase, at); });
  return vector;
}

// What follows the sums is asked for row by row, in as many parts of the depth: all at once would keep the operands
// waiting.
void PanelContraction::depth_loops(const Contraction& phase, Axes& depth, int64_t rows, V first,
                                   const std::function<void()>& step) {
  const bool unrolls =
      s_.stages && s_.blocks(Kind::kDepth) == 1 && !s_.whole.sums_pixels() && sums_.has_room_for_steps(rows);
  if (!foresees_epilogue() || depth_.empty()) return loops(phase, depth_, depth, unrolls, step);
  const size_t outer = depth_[0];
  const auto bound = [&](V part) { return divided(times(part, phase.axes[outer].extent), rows); };
  kernel_.loop(0, rows, [&](V part) {
    prefetch_results(phase, plus(first, part));
    emitter_.forget();
    kernel_.loop(bound(part), bound(plus(part, 1)), 1, [&](V i) {
      depth[outer] = emitter_.uniform(i);
      loops(phase, std::span(depth_).subspan(1), depth, unrolls, step);
    });
  });
}

// Asks for what lies too far from the step before, or from the tile before, for the processor to foresee it. Of a that
// is one line a step, see place_ahead(). Of b, where it is not packed, it is a step's long piece, unless there are one
// or two rows: the processor follows those by itself.
void PanelContraction::prefetch(const Contraction& phase, const Axes& row, const Axes& depth) {
  if (s_.stages || s_.adds_up) return;
  const int64_t tile_rows = s_.tile_rows(s_.rows_of_block());
  const double cycles = static_cast<double>(tile_rows * s_.vectors) / kernel_.target().processor.multiply_adds;
  const auto steps = static_cast<int64_t>(kCyclesAhead / std::max(cycles, 1.0));
  if (const auto ahead = place_ahead(row, depth, steps)) emitter_.prefetch(a_.value, position_of(phase.a, *ahead));
  for (int64_t j = 0; j < s_.vectors && (!s_.packs || packs_now_) && tile_rows > 2; ++j) {
    Axes column = depth;
    column[column_] = emitter_.uniform(number(j * s_.lanes));
    column[depth_.back()] = emitter_.offset(depth[depth_.back()], steps);
    emitter_.prefetch(b_.value, position_of(phase.b, column));
  }
}

// What of a is read some steps on. Where a moves down a column, it is of the tile's last row: the tile before asked for
// the others. A short column is in the cache after the first panel, so that it is the next matrix's; behind the last
// matrix are pages that nobody reads. Else it is of the next tile's rows, which lie behind these.
std::optional<ContractionKernel::Axes> PanelContraction::place_ahead(Axes row, const Axes& depth, int64_t steps) {
  const size_t step = depth_.back();
  const bool moves_down = s_.whole.kind_of(s_.whole.a.back()) == Kind::kRow;
  if (!moves_down) {
    if (s_.blocks(Kind::kDepth) > 1) return std::nullopt;
    row[rows_.back()] = emitter_.offset(row[rows_.back()], 1);
    row[step] = emitter_.scale(depth[step], s_.tile_rows(s_.rows_of_block()));
    return row;
  }
  const bool is_long = s_.block[step] >= kStepsOfColumn * steps;
  const std::vector<size_t> batch = s_.whole.axes_of(Kind::kBatch);
  if (!is_long && batch.empty()) return std::nullopt;
  row[step] = is_long ? emitter_.offset(depth[step], steps) : depth[step];
  if (!is_long) row[batch.back()] = emitter_.offset(row[batch.back()], 1);
  return row;
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const PanelSchedule& s) {
  return PanelContraction(kernel, storage, work, s).emit();
}

}  // namespace minnow

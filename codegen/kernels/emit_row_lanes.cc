#include <algorithm>

#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/kernels/row_sums.h"
#include "codegen/schedule/tiling.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

class RowLanes : RowSums {
 public:
  RowLanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const RowLanesSchedule& s)
      : RowSums(kernel, storage, work, s) {}

  WorkUnits emit();

 private:
  WorkUnits emit_vectors();
  WorkUnits emit_images();
  void emit_image_columns(int64_t columns);
  void emit_phase(const Contraction& phase, int64_t columns);
  void emit_image_tile(V first, const RowLanesSchedule::Tile& tile);
  void store_phases();
  void emit_block();
  void emit_row(const Contraction& phase);
  void for_columns(const std::function<void()>& body);
  void for_items(const std::function<void(V first, int64_t edge)>& body);
  void keep_tile(V first);
  Coord place_of_sum(const Contraction& phase, Axes at, V column);
  void store_transposed(V first, int64_t items);

  Operand totals_{nullptr, &Contraction::y};
};

WorkUnits RowLanes::emit() {
  if (s_.stages) return emit_images();
  if (!s_.is_in_block) return emit_vectors();
  const auto emit_phases = [&](const Coord& examples) {
    at_[s_.lane_axis] = examples;
    emit_block();
  };
  if (s_.item_axis == s_.lane_axis) emit_phases(emitter_.constant(0));
  else emitter_.examples_loop(emit_phases);
  return {1, false};
}

// A piece of work is an image, or a band of its rows. Where there are several phases, an element is written by one and
// its neighbour by another: their sums are gathered in scratch, and stored together.
WorkUnits RowLanes::emit_images() {
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), s_.units()});
  a_.base = scratch.memory();
  a_.shape = s_.input();
  totals_.base = kernel_.byte_offset(scratch.memory(), s_.input_bytes());
  totals_.shape = s_.sums();
  const std::vector<size_t> rows = s_.whole.axes_of(Kind::kRow);
  std::vector<int64_t> blocks;
  for (const size_t axis : rows) blocks.push_back(s_.whole.axes[axis].extent / s_.block[axis]);
  scratch.loop([&](V piece) {
    Axes block = origin();
    set_digits(block, rows, blocks, piece);
    for (const size_t axis : rows) first_[axis] = times(emitter_.index_of(block[axis]), s_.block[axis]);
    stage(a_);
    choose_phase(s_.whole);
    loops(s_.whole, s_.whole.axes_of(Kind::kBatch), at_, false, [&] {
      const int64_t tile = s_.tile_of(s_.whole).columns, whole = columns_ / tile;
      kernel_.loop(0, whole, [&](V i) {
        column_tile_ = times(i, tile);
        emit_image_columns(tile);
      });
      if (columns_ % tile == 0) return;
      column_tile_ = number(whole * tile);
      emit_image_columns(columns_ % tile);
    });
  });
  ResultGrid grid(s_.whole, op_.type().elements());
  for (const size_t axis : rows) grid.divide(axis, s_.block[axis]);
  return {scratch.count(), true, grid.take()};
}

// What follows the sums may overwrite what it reads: no element is computed twice, and the last tile of columns, or of
// items, is as large as what is left.
void RowLanes::emit_image_columns(int64_t columns) {
  for (const Contraction& phase : s_.phases) emit_phase(phase, columns);
  if (s_.phases.size() > 1) store_phases();
}

void RowLanes::emit_phase(const Contraction& phase, int64_t columns) {
  choose_phase(phase);
  const int64_t items = std::min(s_.block[s_.item_axis], phase.axes[s_.item_axis].extent);
  const int64_t tile = tile_.items, whole = items / tile * tile;
  kernel_.loop(number(0), number(whole), tile, [&](V first) { emit_image_tile(first, {columns, tile}); });
  if (whole < items) emit_image_tile(number(whole), {columns, items - whole});
}

void RowLanes::emit_image_tile(V first, const RowLanesSchedule::Tile& tile) {
  tile_ = tile;
  sums_ = std::make_unique<RegisterTile>(kernel_, tile.columns, tile.items, emitter_.lanes());
  emitter_.lanes_loop(number(0), number(phase_->axes[s_.lane_axis].extent), [&](const Coord& lane) {
    at_[s_.lane_axis] = lane;
    sum_tile(first, -1);
    s_.phases.size() == 1 ? store_tile(first) : keep_tile(first);
  });
}

// Of the tile of columns, all rows.
void RowLanes::store_phases() {
  kernel_.loop(0, tile_.columns, [&](V column) {
    kernel_.loop(0, s_.whole.axes[s_.item_axis].extent, [&](V row) {
      emitter_.lanes_loop(number(0), number(s_.whole.axes[s_.lane_axis].extent), [&](const Coord& lane) {
        Axes at = at_;
        at[s_.item_axis] = emitter_.uniform(row);
        at[s_.lane_axis] = lane;
        V sum = emitter_.load(totals_.base, DType::kF32, place_of_sum(s_.whole, at, column));
        at[column_] = emitter_.uniform(plus(column_tile_, column));
        store_sum(position_of(s_.whole.y, at), sum);
        emitter_.forget();
      });
    });
  });
}

// A work unit is a tile of vectors of rows.
WorkUnits RowLanes::emit_vectors() {
  choose_phase(s_.whole);
  column_tile_ = number(0);
  const int64_t vectors = ceil_div(s_.whole.axes[s_.lane_axis].extent, s_.lanes);
  const int64_t last = vectors % tile_.items;
  const auto emit_items = [&](V first, int64_t items) {
    sums_ = std::make_unique<RegisterTile>(kernel_, tile_.columns, items, emitter_.lanes());
    const int64_t all = std::exchange(tile_.items, items);
    sum_tile(first, -1);
    store_transposed(first, items);
    tile_.items = all;
  };
  V whole = smaller(kernel_.end(), number(vectors / tile_.items));
  kernel_.loop(kernel_.begin(), whole, 1, [&](V unit) { emit_items(times(unit, tile_.items), tile_.items); });
  if (last != 0)
    kernel_.when(ir_.CreateICmpEQ(kernel_.end(), number(ceil_div(vectors, tile_.items))),
                 [&] { emit_items(number(vectors - last), last); });
  ResultGrid grid(s_.whole, op_.type().elements());
  grid.divide(s_.lane_axis, tile_.items * s_.lanes);
  return {ceil_div(vectors, tile_.items), true, grid.take()};
}

// The rows of all phases take turns, so that what follows the sums goes through its tensors once. The first phase has
// the most rows.
void RowLanes::emit_block() {
  const Contraction& first_phase = s_.phases[0];
  std::vector<size_t> outer;
  for (size_t i = 0; i < first_phase.axes.size(); ++i) {
    const Kind kind = first_phase.axes[i].kind;
    const bool is_tiled = i == s_.lane_axis || i == s_.item_axis;
    if (kind == Kind::kBatch || (kind == Kind::kRow && !is_tiled)) outer.push_back(i);
  }
  loops(first_phase, outer, at_, false, [&] {
    for (const Contraction& phase : s_.phases) {
      V exists = nullptr;
      for (const size_t axis : outer)
        if (phase.axes[axis].extent < first_phase.axes[axis].extent)
          exists =
              emitter_.both(exists, ir_.CreateICmpSLT(emitter_.index_of(at_[axis]), number(phase.axes[axis].extent)));
      if (exists == nullptr) emit_row(phase);
      else kernel_.when(exists, [&] { emit_row(phase); });
    }
  });
}

void RowLanes::emit_row(const Contraction& phase) {
  choose_phase(phase);
  if (!s_.stages) find_depth_ranges(*phase_, s_.item_axis, at_);
  for_columns([&] {
    for_items([&](V first, int64_t edge) {
      prefetch_results(first);
      sum_tile(first, edge);
      store_tile(first);
    });
  });
}

// The last tile of columns moves back to end with the last one.
void RowLanes::for_columns(const std::function<void()>& body) {
  kernel_.loop(0, ceil_div(columns_, tile_.columns), [&](V tile) {
    column_tile_ = smaller(times(tile, tile_.columns), number(columns_ - tile_.columns));
    body();
  });
}

// Tiles that all of the depth meets inside of the image share one loop; the others, at its edges, are emitted each for
// itself, with the first item as a constant `edge`. The last one moves back to end with the last item.
void RowLanes::for_items(const std::function<void(V first, int64_t edge)>& body) {
  const int64_t items =
      s_.item_axis == s_.lane_axis ? tile_.items : std::min(s_.block[s_.item_axis], phase_->axes[s_.item_axis].extent);
  const int64_t count = ceil_div(items, tile_.items);
  for (int64_t tile = 0; tile < count;) {
    const int64_t first = std::min(tile * tile_.items, items - tile_.items);
    int64_t last = tile;
    while (last < count && (last + 1) * tile_.items <= items && is_interior(last * tile_.items, tile_.items)) ++last;
    if (last - tile > 1) {
      kernel_.loop(tile, last, [&](V i) { body(times(i, tile_.items), -1); });
      tile = last;
    } else {
      body(number(first), is_interior(first, tile_.items) ? -1 : first);
      ++tile;
    }
  }
}

void RowLanes::keep_tile(V first) {
  for (int64_t o = 0; o < tile_.columns; ++o)
    for (int64_t i = 0; i < tile_.items; ++i) {
      const Coord place = place_of_sum(*phase_, item(first, i), number(o));
      emitter_.store(totals_.base, DType::kF32, place, sums_->get(o, i));
    }
}

// Of this group and this tile of columns.
Coord RowLanes::place_of_sum(const Contraction& phase, Axes at, V column) {
  for (const size_t axis : phase.axes_of(Kind::kBatch)) at[axis] = emitter_.constant(0);
  at[column_] = emitter_.uniform(column);
  return place_of(totals_, phase, at).outer;
}

// Where the columns are innermost: a vector of them for each row. All are computed before any is stored.
void RowLanes::store_transposed(V first, int64_t items) {
  const int64_t extent = s_.whole.axes[s_.lane_axis].extent;
  for (int64_t i = 0; i < items; ++i) {
    std::vector<V> rows;
    for (int64_t o = 0; o < s_.lanes; ++o) rows.push_back(o < columns_ ? sums_->get(o, i) : zero());
    rows = transpose_lanes(ir_, std::move(rows));
    V first_row = times(plus(first, i), s_.lanes);
    const auto for_rows = [&](const std::function<void(size_t, const Position&)>& body) {
      for (int64_t lane = 0; lane < s_.lanes; ++lane) {
        Axes at = at_;
        at[column_] = emitter_.lane(number(0));
        at[s_.lane_axis] = emitter_.uniform(plus(first_row, lane));
        V mask = emitter_.first_lanes(number(columns_));
        if (extent % s_.lanes != 0)
          mask = emitter_.both(mask, ir_.CreateICmpSLT(emitter_.index_of(at[s_.lane_axis]), number(extent)));
        emitter_.under_mask(mask, [&] { body(static_cast<size_t>(lane), position_of(s_.whole.y, at)); });
      }
    };
    std::vector<std::vector<V>> elements;
    for_rows([&](size_t lane, const Position& at) {
      V value = rows[lane];
      emitter_.bind(op_.result(), [value](const Position&) { return value; });
      elements.push_back(compute_outputs(emitter_, work_, at));
      emitter_.unbind(op_.result());
    });
    for_rows([&](size_t lane, const Position& at) { store_computed(emitter_, work_, at, elements[lane]); });
    emitter_.forget();
  }
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const RowLanesSchedule& s) {
  return RowLanes(kernel, storage, work, s).emit();
}

}  // namespace minnow

#include <algorithm>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/machine/jit_code.h"
#include "codegen/schedule/tiling.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

class RowLanes : ContractionKernel {
 public:
  RowLanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const RowLanesSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), column_(s.whole.axes_of(Kind::kColumn)[0]),
        columns_(s.whole.axes[column_].extent), depth_(s.whole.axes_of(Kind::kDepth)),
        a_{op_.operands[0], &Contraction::a}, b_{op_.operands[1], &Contraction::b}, at_(origin()),
        is_costly_(is_epilogue_costly()) {
    if (is_costly_) kernel_.function()->addFnAttr(kManyConstants);
  }

  WorkUnits emit();

 private:
  WorkUnits emit_vectors();
  WorkUnits emit_images();
  void emit_image_columns();
  void choose_phase(const Contraction& phase);
  void emit_block();
  void emit_row(const Contraction& phase);
  void for_columns(const std::function<void()>& body);
  void for_items(const std::function<void(V first, int64_t edge)>& body);
  bool is_interior(int64_t first, int64_t count) const;
  void sum_tile(V first, int64_t edge);
  void sum_depth(std::span<const size_t> axes, V first, int64_t edge);
  void accumulate(V first, int64_t edge);
  void prefetch_weights();
  void for_results(V first, const std::function<void(V column, V i, const Axes& at)>& body);
  void prefetch_results(V first);
  void store_tile(V first);
  void store_in_turn(V first);
  void keep_tile(V first);
  Coord place_of_sum(const Contraction& phase, Axes at, V column);
  void store_transposed(V first, int64_t items);
  Axes item(V place);
  Axes item(V first, int64_t i) { return item(plus(first, i)); }
  V lane_mask(V first);

  const RowLanesSchedule s_;
  size_t column_;
  int64_t columns_;
  std::vector<size_t> depth_;
  Operand a_, b_;
  Operand totals_{nullptr, &Contraction::y};
  Axes at_;
  bool is_costly_;
  const Contraction* phase_ = nullptr;
  RowLanesSchedule::Tile tile_;
  std::unique_ptr<RegisterTile> sums_;
  V column_tile_ = nullptr;
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
    loops(s_.whole, s_.whole.axes_of(Kind::kBatch), at_, false, [&] { for_columns([&] { emit_image_columns(); }); });
  });
  ResultGrid grid(s_.whole, op_.type().elements());
  for (const size_t axis : rows) grid.divide(axis, s_.block[axis]);
  return {scratch.count(), true, grid.take()};
}

void RowLanes::emit_image_columns() {
  for (const Contraction& phase : s_.phases) {
    choose_phase(phase);
    for_items([&](V first, int64_t) {
      emitter_.lanes_loop(number(0), number(phase.axes[s_.lane_axis].extent), [&](const Coord& lane) {
        at_[s_.lane_axis] = lane;
        sum_tile(first, -1);
        s_.phases.size() == 1 ? store_tile(first) : keep_tile(first);
      });
    });
  }
  if (s_.phases.size() == 1) return;
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

void RowLanes::choose_phase(const Contraction& phase) {
  phase_ = &phase;
  tile_ = s_.tile_of(phase);
  sums_ = std::make_unique<RegisterTile>(kernel_, tile_.columns, tile_.items, emitter_.lanes());
  int64_t multiply_adds = tile_.columns * tile_.items;
  for (const size_t axis : depth_) multiply_adds *= phase.axes[axis].extent;
  foresee_epilogue(multiply_adds);
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

bool RowLanes::is_interior(int64_t first, int64_t count) const {
  if (s_.stages || s_.item_axis == s_.lane_axis) return true;
  const size_t tap = depth_.back();
  const int64_t last_place = std::max<int64_t>(phase_->axes[tap].extent - 1, 0);
  for (const int64_t item : {first, first + count - 1})
    for (const int64_t place : {int64_t{0}, last_place})
      if (!is_inside(*phase_, s_.item_axis, item, tap, place)) return false;
  return true;
}

ContractionKernel::Axes RowLanes::item(V place) {
  Axes at = at_;
  at[s_.item_axis] = s_.item_axis == s_.lane_axis ? emitter_.lane(emitter_.scale(emitter_.uniform(place), s_.lanes))
                                                  : emitter_.uniform(place);
  return at;
}

// Lanes that are rows, where a vector may reach beyond the last one; nullptr: all.
V RowLanes::lane_mask(V first) {
  const int64_t extent = s_.whole.axes[s_.lane_axis].extent;
  if (s_.item_axis != s_.lane_axis || extent % s_.lanes == 0) return nullptr;
  return emitter_.first_lanes(ir_.CreateSub(number(extent), first));
}

// `edge` is the first item if it is a constant and the padding reaches into the tile, else -1.
void RowLanes::sum_tile(V first, int64_t edge) {
  sums_->clear();
  emitter_.forget();
  emitter_.without_mask([&] { sum_depth(depth_, first, edge); });
  emitter_.forget();
}

void RowLanes::sum_depth(std::span<const size_t> axes, V first, int64_t edge) {
  if (axes.empty()) return accumulate(first, edge);
  const size_t axis = axes[0];
  const int64_t extent = phase_->axes[axis].extent;
  const auto step = [&](V i) {
    at_[axis] = emitter_.uniform(i);
    sum_depth(axes.subspan(1), first, edge);
  };
  if (range_[axis].from != nullptr) return kernel_.loop(range_[axis].from, range_[axis].to, 1, step);
  const bool is_tap = axes.size() == 1 && depth_.size() > 1;
  const bool has_room = tile_.items == 1 || sums_->has_room_for_steps(tile_.columns);  // one is read once
  if (!is_tap || (edge < 0 && !(s_.unrolls && has_room))) return kernel_.loop(0, extent, step);
  if (edge < 0) return kernel_.short_loop(0, extent, 1, step);
  for (int64_t i = 0; i < extent; ++i) {
    if (!has_room) sums_->separate_steps();
    step(number(i));
  }
}

// All items of the tile times its columns at this place of the depth.
void RowLanes::accumulate(V first, int64_t edge) {
  emitter_.forget();
  const size_t tap = depth_.back();
  std::vector<V> items(static_cast<size_t>(tile_.items), nullptr);
  for (int64_t i = 0; i < tile_.items; ++i) {
    if (edge >= 0 && !is_inside(*phase_, s_.item_axis, edge + i, tap, at_[tap].constant)) continue;
    const Axes at = item(first, i);
    emitter_.under_mask(lane_mask(emitter_.index_of(at[s_.lane_axis])),
                        [&] { items[static_cast<size_t>(i)] = read(a_, *phase_, at); });
  }
  if (s_.is_in_block && s_.item_axis == s_.lane_axis) prefetch_weights();
  Axes at = at_;
  for (int64_t o = 0; o < tile_.columns; ++o) {
    at[column_] = emitter_.uniform(plus(column_tile_, o));
    V b = read(b_, *phase_, at);
    for (int64_t i = 0; i < tile_.items; ++i)
      if (V a = items[static_cast<size_t>(i)]) sums_->multiply_add(o, i, b, a);
  }
  emitter_.forget();
}

// While a tile is summed over the depth, its successor's weights come nearer: by now they have left the inner caches,
// and are read in an order that hides from the hardware's prefetchers.
void RowLanes::prefetch_weights() {
  const int weights = storage_.find(b_.value);
  if (weights < 0 || tile_.columns == columns_) return;
  const Shape& shape = b_.value->type.shape;
  const Coord k = at_[depth_[0]];
  const Coord next = emitter_.uniform(plus(column_tile_, tile_.columns));
  const bool is_transposed = s_.whole.b[0].scale_of(column_) != 0;
  const Coord place = is_transposed ? emitter_.add(emitter_.scale(next, shape[1]), emitter_.scale(k, tile_.columns))
                                    : emitter_.add(emitter_.scale(k, shape[1]), next);
  V address = emitter_.element_address(kernel_.buffer(weights), ir_.getFloatTy(), place);
  ir_.CreateIntrinsic(llvm::Intrinsic::prefetch, {address->getType()},
                      {address, ir_.getInt32(0), ir_.getInt32(3), ir_.getInt32(1)});
}

void RowLanes::for_results(V first, const std::function<void(V column, V i, const Axes& at)>& body) {
  emitter_.forget();
  kernel_.loop(0, tile_.columns, [&](V column) {
    kernel_.loop(0, tile_.items, [&](V i) {
      Axes at = item(plus(first, i));
      at[column_] = emitter_.uniform(plus(column_tile_, column));
      body(column, i, at);
    });
  });
}

// What follows this tile's sums is asked for before they are made.
void RowLanes::prefetch_results(V first) {
  if (foresees_epilogue())
    for_results(first, [&](V, V, const Axes& at) { prefetch_epilogue(position_of(phase_->y, at)); });
}

void RowLanes::store_tile(V first) {
  if (is_costly_) return store_in_turn(first);
  for (int64_t o = 0; o < tile_.columns; ++o)
    for (int64_t i = 0; i < tile_.items; ++i) {
      Axes at = item(first, i);
      at[column_] = emitter_.uniform(plus(column_tile_, o));
      store_sum(position_of(phase_->y, at), sums_->get(o, i));
      if (!s_.stages) emitter_.forget();
    }
}

// The sums of a tile wait in memory for the one place in the code that has what follows them.
void RowLanes::store_in_turn(V first) {
  V sums = waiting_sums(tile_.columns * tile_.items);
  for (int64_t o = 0; o < tile_.columns; ++o)
    for (int64_t i = 0; i < tile_.items; ++i)
      store_vector(sums_->get(o, i), sums, number((o * tile_.items + i) * s_.lanes));
  for_results(first, [&](V column, V i, const Axes& at) {
    V place = plus(times(column, tile_.items), i);
    store_sum(position_of(phase_->y, at), load_vector(sums, times(place, s_.lanes)));
    emitter_.forget();
  });
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

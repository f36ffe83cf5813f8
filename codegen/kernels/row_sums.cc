#include "codegen/kernels/row_sums.h"

#include <algorithm>

#include "codegen/machine/jit_code.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

}  // namespace

RowSums::RowSums(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const RowLanesSchedule& s)
    : ContractionKernel(kernel, storage, work, s.phases), s_(s), column_(s.whole.axes_of(Kind::kColumn)[0]),
      columns_(s.whole.axes[column_].extent), depth_(s.whole.axes_of(Kind::kDepth)),
      a_{op_.operands[0], &Contraction::a}, b_{op_.operands[1], &Contraction::b}, at_(origin()),
      is_costly_(is_epilogue_costly()) {
  if (is_costly_) kernel_.function()->addFnAttr(kManyConstants);
}

void RowSums::choose_phase(const Contraction& phase) {
  phase_ = &phase;
  tile_ = s_.tile_of(phase);
  sums_ = std::make_unique<RegisterTile>(kernel_, tile_.columns, tile_.items, emitter_.lanes());
  int64_t multiply_adds = tile_.columns * tile_.items;
  for (const size_t axis : depth_) multiply_adds *= phase.axes[axis].extent;
  foresee_epilogue(multiply_adds);
}

bool RowSums::is_interior(int64_t first, int64_t count) const {
  if (s_.stages || s_.item_axis == s_.lane_axis) return true;
  const size_t tap = depth_.back();
  const int64_t last_place = std::max<int64_t>(phase_->axes[tap].extent - 1, 0);
  for (const int64_t item : {first, first + count - 1})
    for (const int64_t place : {int64_t{0}, last_place})
      if (!is_inside(*phase_, s_.item_axis, item, tap, place)) return false;
  return true;
}

ContractionKernel::Axes RowSums::item(V place) {
  Axes at = at_;
  at[s_.item_axis] = s_.item_axis == s_.lane_axis ? emitter_.lane(emitter_.scale(emitter_.uniform(place), s_.lanes))
                                                  : emitter_.uniform(place);
  return at;
}

// Lanes that are rows, where a vector may reach beyond the last one; nullptr: all.
V RowSums::lane_mask(V first) {
  const int64_t extent = s_.whole.axes[s_.lane_axis].extent;
  if (s_.item_axis != s_.lane_axis || extent % s_.lanes == 0) return nullptr;
  return emitter_.first_lanes(ir_.CreateSub(number(extent), first));
}

void RowSums::sum_tile(V first, int64_t edge) {
  sums_->clear();
  emitter_.forget();
  emitter_.without_mask([&] { sum_depth(depth_, first, edge); });
  emitter_.forget();
}

void RowSums::sum_depth(std::span<const size_t> axes, V first, int64_t edge) {
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
  sum_taps_at_edge(first, edge, !has_room);
}

// Taps that meet the input with all items share a loop, if they are many; of the others each is at a constant place,
// and those that meet it with none are left out.
void RowSums::sum_taps_at_edge(V first, int64_t edge, bool apart) {
  const size_t tap = depth_.back();
  const auto items_met = [&](int64_t place) {
    int64_t count = 0;
    for (int64_t i = 0; i < tile_.items; ++i) count += is_inside(*phase_, s_.item_axis, edge + i, tap, place) ? 1 : 0;
    return count;
  };
  const auto sum_tap = [&](V place, int64_t known_edge) {
    if (apart) sums_->separate_steps();
    at_[tap] = emitter_.uniform(place);
    accumulate(first, known_edge);
  };
  const int64_t taps = phase_->axes[tap].extent;
  for (int64_t place = 0; place < taps;) {
    int64_t end = place;
    while (end < taps && items_met(end) == tile_.items) ++end;
    kernel_.short_loop(place, end, 1, [&](V i) { sum_tap(i, -1); });
    if (end < taps && items_met(end) > 0) sum_tap(number(end), edge);
    place = end + 1;
  }
}

// All items of the tile times its columns at this place of the depth.
void RowSums::accumulate(V first, int64_t edge) {
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
void RowSums::prefetch_weights() {
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

void RowSums::for_results(V first, const std::function<void(V column, V i, const Axes& at)>& body) {
  emitter_.forget();
  kernel_.loop(0, tile_.columns, [&](V column) {
    kernel_.loop(0, tile_.items, [&](V i) {
      Axes at = item(plus(first, i));
      at[column_] = emitter_.uniform(plus(column_tile_, column));
      body(column, i, at);
    });
  });
}

void RowSums::prefetch_results(V first) {
  if (foresees_epilogue())
    for_results(first, [&](V, V, const Axes& at) { prefetch_epilogue(position_of(phase_->y, at)); });
}

void RowSums::store_tile(V first) {
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
void RowSums::store_in_turn(V first) {
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

}  // namespace minnow

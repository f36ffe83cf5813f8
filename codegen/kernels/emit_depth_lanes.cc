#include <algorithm>

#include "codegen/kernels/depth_lanes.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using V = llvm::Value*;

class DepthProduct : DepthLanes {
 public:
  DepthProduct(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const DepthLanesSchedule& s)
      : DepthLanes(kernel, storage, work, s) {}

  WorkUnits emit();

 private:
  void pack_columns();
  void sum_rows(V first_row, int64_t rows, V first_column);
  void sum_columns(int64_t rows, int64_t steps);
  V total(int64_t sum);
};

V DepthProduct::total(int64_t sum) {
  V all = sums_.get(sum, 0);
  for (int64_t step = 1; step < s_.steps; ++step) all = ir_.CreateFAdd(all, sums_.get(sum, step));
  return all;
}

// A work unit is a vector of columns, or where these are fewer a part of the rows.
WorkUnits DepthProduct::emit() {
  const int64_t rows = s_.whole.axes[rows_[0]].extent;
  const int64_t tile = s_.tile[rows_[0]];
  if (columns_ >= s_.lanes) {
    std::vector<int64_t> extents;
    for (const size_t axis : batch_) extents.push_back(s_.whole.axes[axis].extent);
    const int64_t vectors = ceil_div(columns_, s_.lanes);
    kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
      set_digits(at_, batch_, extents, divided(unit, vectors));
      V first = times(rest(unit, vectors), s_.lanes);
      kernel_.loop(0, rows / tile, [&](V i) { sum_rows(times(i, tile), tile, first); });
    });
    ResultGrid grid(s_.whole, op_.type().elements());
    return {s_.units(), true, grid.divide(batch_, 1).divide(column_, s_.lanes).take()};
  }
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), s_.units()});
  memory_ = scratch.memory();
  const auto bound = [&](V unit) { return divided(times(unit, rows), scratch.count()); };
  if (s_.packs) pack_columns();
  V from = bound(kernel_.begin());
  V to = bound(kernel_.end());
  V whole = plus(from, times(divided(ir_.CreateSub(to, from), tile), tile));
  kernel_.loop(from, whole, tile, [&](V row) { sum_rows(row, tile, number(0)); });
  if (tile > 1) kernel_.loop(whole, to, 1, [&](V row) { sum_rows(row, 1, number(0)); });
  ResultGrid grid(s_.whole, op_.type().elements());
  return {scratch.count(), true, grid.divide(rows_[0], 1).take()};
}

// b[k, n] as [k / lanes][n][lanes], with zeros after the last k.
void DepthProduct::pack_columns() {
  const int64_t depth = s_.whole.axes[s_.lane_axis].extent;
  kernel_.loop(0, ceil_div(depth, s_.lanes), [&](V step) {
    std::vector<V> rows;
    emitter_.under_mask(emitter_.first_lanes(number(columns_)), [&] {
      for (int64_t i = 0; i < s_.lanes; ++i) {
        V k = plus(times(step, s_.lanes), i);
        V exists = ir_.CreateICmpSLT(k, number(depth));
        Axes at = at_;
        at[s_.lane_axis] = emitter_.uniform(smaller(k, number(depth - 1)));
        at[column_] = emitter_.lane(number(0));
        V row = read(b_, s_.whole, at);
        rows.push_back(depth % s_.lanes == 0 ? row : ir_.CreateSelect(exists, row, zero()));
      }
    });
    rows = transpose_lanes(ir_, std::move(rows));
    for (int64_t n = 0; n < columns_; ++n)
      store_vector(rows[static_cast<size_t>(n)], memory_, times(plus(times(step, columns_), n), s_.lanes));
    emitter_.forget();
  });
}

// Rows of the result, a vector of columns of each.
void DepthProduct::sum_rows(V first_row, int64_t rows, V first_column) {
  std::vector<std::vector<V>> totals(static_cast<size_t>(rows));
  at_[rows_[0]] = emitter_.uniform(first_row);
  for (int64_t i = 0; i < std::min(s_.lanes, columns_); i += s_.columns()) {
    at_[column_] = emitter_.uniform(plus(first_column, i));
    sum_columns(rows, s_.steps);
    for (int64_t m = 0; m < rows; ++m)
      for (int64_t j = 0; j < s_.columns(); ++j) totals[static_cast<size_t>(m)].push_back(total(m * s_.columns() + j));
  }
  V exists = columns_ % s_.lanes == 0 ? nullptr : emitter_.first_lanes(ir_.CreateSub(number(columns_), first_column));
  for (int64_t m = 0; m < rows; ++m) {
    std::vector<V>& sums = totals[static_cast<size_t>(m)];
    sums.resize(static_cast<size_t>(s_.lanes), zero());
    V row = add_rows(ir_, std::move(sums));
    Axes at = item(m);
    at[column_] = emitter_.lane(first_column);
    emitter_.under_mask(exists, [&] { store_sum(position_of(s_.whole.y, at), row); });
    emitter_.forget();
  }
}

void DepthProduct::sum_columns(int64_t rows, int64_t steps) {
  const int64_t piece = steps * s_.lanes;
  const int64_t depth = s_.whole.axes[s_.lane_axis].extent;
  const int64_t whole = steps == 1 ? 0 : depth - depth % piece;
  sums_.clear();
  emitter_.forget();
  if (whole > 0)
    kernel_.loop(number(0), number(whole), piece, [&](V k) {
      for (int64_t step = 0; step < steps; ++step) {
        at_[s_.lane_axis] = emitter_.lane(plus(k, step * s_.lanes));
        multiply(rows, step, -1);
      }
    });
  emitter_.lanes_loop(number(whole), number(depth), [&](const Coord& k) {
    at_[s_.lane_axis] = k;
    multiply(rows, 0, -1);
  });
  emitter_.forget();
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const DepthLanesSchedule& s) {
  if (s.whole.has_windows()) return emit_filter(kernel, storage, work, s);
  return DepthProduct(kernel, storage, work, s).emit();
}

}  // namespace minnow

#include <algorithm>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/schedule/tiling.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

class DepthLanes : ContractionKernel {
 public:
  DepthLanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const DepthLanesSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), batch_(s.whole.axes_of(Kind::kBatch)),
        rows_(s.whole.axes_of(Kind::kRow)), depth_(s.whole.axes_of(Kind::kDepth)),
        column_(s.whole.axes_of(Kind::kColumn)[0]), columns_(s.whole.axes[column_].extent),
        a_{op_.operands[0], &Contraction::a}, b_{op_.operands[1], &Contraction::b}, at_(origin()),
        sums_(kernel, s.items() * s.columns(), s.steps, emitter_.lanes()), is_per_lane_(sums_lanes_apart(op_)) {}

  WorkUnits emit() {
    if (!s_.whole.has_windows()) return emit_product();
    return s_.stages ? emit_images() : emit_block();
  }

 private:
  WorkUnits emit_product();
  void pack_columns();
  void sum_rows(V first_row, int64_t rows, V first_column);
  void sum_columns(int64_t rows, int64_t steps);
  WorkUnits emit_images();
  void add_up(V is_first);
  void store_totals();
  WorkUnits emit_block();
  void for_bands(const std::function<void()>& body);
  void for_tiles_of_filter(const std::function<void()>& body);
  void for_rows(size_t row, const std::function<void()>& body);
  void emit_block_tile();
  void sum_block(std::span<const size_t> depth);
  void for_elements(const std::function<void(int64_t item, int64_t column, const Coord& place)>& body);
  void add_lanes_up();
  void multiply(int64_t items, int64_t step, int64_t edge);
  Axes item(int64_t i);
  Axes with_column(int64_t i);
  V number_of_tile();
  V total(int64_t sum);

  const DepthLanesSchedule s_;
  std::vector<size_t> batch_, rows_, depth_;
  size_t column_;
  int64_t columns_;
  Operand a_, b_;
  Axes at_;  // of the first item and column of a tile
  RegisterTile sums_;
  bool is_per_lane_;
  Range band_;
  V memory_ = nullptr;
};

// Item i of a tile: places of the innermost row axes it has several of.
ContractionKernel::Axes DepthLanes::item(int64_t i) {
  Axes at = at_;
  for (size_t r = rows_.size(); r-- > 0;) {
    at[rows_[r]] = emitter_.offset(at_[rows_[r]], i % s_.tile[rows_[r]]);
    i /= s_.tile[rows_[r]];
  }
  return at;
}

// Columns beyond the last repeat it.
ContractionKernel::Axes DepthLanes::with_column(int64_t i) {
  Axes at = at_;
  V column = plus(at_[column_].base, i);
  if (!s_.whole.has_windows() && columns_ > s_.lanes && columns_ % s_.lanes != 0)
    column = smaller(column, number(columns_ - 1));
  at[column_] = emitter_.uniform(column);
  return at;
}

// A vector along the depth, of a for each item times one of b for each column. `edge` is the place along the innermost
// axis of the depth if it is a constant at which some items meet the padding, else -1. Where lanes are masked off, a is
// zero.
void DepthLanes::multiply(int64_t items, int64_t step, int64_t edge) {
  std::vector<V> a;
  const auto masked = [&](V value) {
    return emitter_.mask() == nullptr ? value : ir_.CreateSelect(emitter_.mask(), value, zero());
  };
  for (int64_t i = 0; i < items; ++i) {
    const Axes at = item(i);
    const auto* place = llvm::dyn_cast<llvm::ConstantInt>(at[rows_.back()].base);
    if (edge >= 0 && !is_inside(s_.whole, rows_.back(), place->getSExtValue(), depth_.back(), edge)) {
      a.push_back(nullptr);
    } else {
      V value = read(a_, s_.whole, at);
      a.push_back(a_.base != nullptr ? value : masked(value));  // what is masked off in scratch is read as zero
    }
  }
  for (int64_t o = 0; o < s_.columns(); ++o) {
    V b = nullptr;
    if (s_.packs) {
      V place = plus(times(at_[s_.lane_axis].base, columns_), o * s_.lanes);
      b = load_vector(memory_, place);
    } else {
      b = read(b_, s_.whole, with_column(o));
      if (a_.base != nullptr) b = masked(b);
    }
    for (int64_t i = 0; i < items; ++i)
      if (V value = a[static_cast<size_t>(i)]) sums_.multiply_add(i * s_.columns() + o, step, b, value);
  }
  emitter_.forget();
}

V DepthLanes::total(int64_t sum) {
  V all = sums_.get(sum, 0);
  for (int64_t step = 1; step < s_.steps; ++step) all = ir_.CreateFAdd(all, sums_.get(sum, step));
  return all;
}

// A work unit is a vector of columns, or where these are fewer a part of the rows.
WorkUnits DepthLanes::emit_product() {
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
void DepthLanes::pack_columns() {
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
void DepthLanes::sum_rows(V first_row, int64_t rows, V first_column) {
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

void DepthLanes::sum_columns(int64_t rows, int64_t steps) {
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

// Tiles of columns and of rows. Along the innermost axis of the rows they are at constant places.
void DepthLanes::for_tiles_of_filter(const std::function<void()>& body) {
  loops(s_.whole, batch_, at_, false, [&] {
    for_bands([&] {
      kernel_.loop(0, columns_ / s_.columns(), [&](V tile) {
        at_[column_] = emitter_.uniform(times(tile, s_.columns()));
        for_rows(0, body);
      });
    });
  });
}

void DepthLanes::for_rows(size_t row, const std::function<void()>& body) {
  if (row == rows_.size()) return body();
  const size_t axis = rows_[row];
  const int64_t tile = s_.tile[axis];
  const auto step = [&](V i) {
    at_[axis] = emitter_.uniform(times(i, tile));
    for_rows(row + 1, body);
  };
  const int64_t count = s_.whole.axes[axis].extent / tile;
  if (row + 1 < rows_.size()) return kernel_.loop(0, count, step);
  for (int64_t i = 0; i < count; ++i) step(number(i));
}

V DepthLanes::number_of_tile() {
  V tile = number(0);
  for (size_t axis = 0; axis < at_.size(); ++axis)
    if (s_.whole.axes[axis].kind != Kind::kDepth)
      tile = plus(times(tile, s_.whole.axes[axis].extent / s_.tile[axis]), divided(at_[axis].base, s_.tile[axis]));
  return tile;
}

// Image by image. Sums lie behind the image, a vector of them for each tile, from where the epilogue takes them.
WorkUnits DepthLanes::emit_images() {
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), 1});
  a_.base = scratch.memory();
  a_.shape = s_.input();
  memory_ = kernel_.byte_offset(a_.base, floats_of(a_.shape) * 4);
  const std::vector<size_t> outer(depth_.begin() + 1, depth_.end() - 1);
  scratch.loop([&](V) {
    kernel_.loop(0, s_.whole.axes[depth_[0]].extent, [&](V image) {
      first_[depth_[0]] = image;
      stage(a_);
      for_tiles_of_filter([&] {
        sums_.clear();
        loops(s_.whole, outer, at_, false, [&] {
          emitter_.lanes_loop(number(0), number(s_.whole.axes[s_.lane_axis].extent), [&](const Coord& column) {
            at_[s_.lane_axis] = column;
            multiply(s_.items(), 0, -1);
          });
        });
        add_up(ir_.CreateICmpEQ(image, number(0)));
      });
    });
    store_totals();
  });
  return {1, false};
}

void DepthLanes::add_up(V is_first) {
  std::vector<V> parts;
  for (int64_t o = 0; o < s_.columns(); ++o)
    for (int64_t i = 0; i < s_.items(); ++i) parts.push_back(sums_.get(i * s_.columns() + o, 0));
  parts.resize(static_cast<size_t>(s_.lanes), zero());
  V place = times(number_of_tile(), s_.lanes);
  V before = ir_.CreateSelect(is_first, zero(), load_vector(memory_, place));
  store_vector(ir_.CreateFAdd(before, add_rows(ir_, std::move(parts))), memory_, place);
}

void DepthLanes::store_totals() {
  for_tiles_of_filter([&] {
    V place = times(number_of_tile(), s_.lanes);
    kernel_.loop(0, s_.columns(), [&](V column) {
      emitter_.lanes_loop(number(0), number(s_.items()), [&](const Coord& i) {
        V sum = emitter_.load(memory_, DType::kF32,
                              emitter_.add(i, emitter_.uniform(plus(place, times(column, s_.items())))));
        Axes at = at_;
        at[column_] = emitter_.add(at_[column_], emitter_.uniform(column));
        at[rows_.back()] = emitter_.add(at_[rows_.back()], i);
        store_sum(position_of(s_.whole.y, at), sum);
        emitter_.forget();
      });
    });
  });
}

// Into this partition's part of the sums.
WorkUnits DepthLanes::emit_block() {
  memory_ = kernel_.buffer(work_.outputs[0].buffer);
  emitter_.examples_loop([&](const Coord& examples) {
    at_[s_.lane_axis] = examples;
    for_tiles_of_filter([&] { emit_block_tile(); });
  });
  return {1, false};
}

// Of rows of the images. Sums that are no more than one number each are made of all rows at once.
void DepthLanes::for_bands(const std::function<void()>& body) {
  if (!s_.has_bands || !is_per_lane_) return body();
  const size_t row = depth_[1];
  const int64_t rows = s_.whole.axes[row].extent, band = s_.block[row];
  kernel_.loop(0, ceil_div(rows, band), [&](V i) {
    band_.from = times(i, band);
    band_.to = smaller(plus(band_.from, band), number(rows));
    body();
  });
  band_ = {};
}

void DepthLanes::emit_block_tile() {
  find_depth_ranges(s_.whole, rows_.back(), at_);
  if (is_per_lane_)
    for_elements([&](int64_t i, int64_t o, const Coord& place) {
      sums_.set(i * s_.columns() + o, 0, emitter_.load(memory_, DType::kF32, place));
    });
  else sums_.clear();
  emitter_.forget();
  sum_block(std::span(depth_).subspan(1));
  if (!is_per_lane_) return add_lanes_up();
  for_elements([&](int64_t i, int64_t o, const Coord& place) {
    emitter_.store(memory_, DType::kF32, place, sums_.get(i * s_.columns() + o, 0));
  });
}

// Places that meet the image with all of the tile share a loop, those at the edges are emitted each for itself.
void DepthLanes::sum_block(std::span<const size_t> depth) {
  const size_t axis = depth[0];
  const int64_t extent = s_.whole.axes[axis].extent;
  if (depth.size() > 1) {
    const auto step = [&](V i) {
      at_[axis] = emitter_.uniform(i);
      sum_block(depth.subspan(1));
    };
    Range range = range_[axis];
    if (range.from == nullptr) range = {number(0), number(extent)};
    if (axis == depth_[1] && band_.from != nullptr)
      range = {larger(range.from, band_.from), smaller(range.to, band_.to)};
    return kernel_.loop(range.from, range.to, 1, step);
  }
  const auto first = llvm::cast<llvm::ConstantInt>(at_[rows_.back()].base)->getSExtValue();
  const auto is_interior = [&](int64_t place) {
    return is_inside(s_.whole, rows_.back(), first, axis, place) &&
           is_inside(s_.whole, rows_.back(), first + s_.tile[rows_.back()] - 1, axis, place);
  };
  int64_t begin = 0, end = extent;
  while (begin < end && !is_interior(begin)) ++begin;
  while (end > begin && !is_interior(end - 1)) --end;
  const auto at_place = [&](V place, int64_t edge) {
    at_[axis] = emitter_.uniform(place);
    multiply(s_.items(), 0, edge);
  };
  for (int64_t place = 0; place < begin; ++place) at_place(number(place), place);
  kernel_.loop(begin, end, [&](V place) { at_place(place, -1); });
  for (int64_t place = end; place < extent; ++place) at_place(number(place), place);
}

// Where each sum of a tile lies; of all lanes, or one for each.
void DepthLanes::for_elements(const std::function<void(int64_t item, int64_t column, const Coord& place)>& body) {
  for (int64_t o = 0; o < s_.columns(); ++o)
    for (int64_t i = 0; i < s_.items(); ++i) {
      Axes at = item(i);
      at[column_] = emitter_.offset(at_[column_], o);
      const Coord element = emitter_.row_major(position_of(s_.whole.y, at), op_.type().shape);
      body(i, o, is_per_lane_ ? emitter_.add(emitter_.scale(element, kBlockExamples), at_[s_.lane_axis]) : element);
    }
}

void DepthLanes::add_lanes_up() {
  const auto lanes = static_cast<size_t>(s_.lanes);
  std::vector<V> vectors, places;
  for_elements([&](int64_t i, int64_t o, const Coord& element) {
    vectors.push_back(sums_.get(i * s_.columns() + o, 0));
    places.push_back(float_at(memory_, element.base));
  });
  for (size_t first = 0; first < vectors.size(); first += lanes) {
    const size_t count = std::min(lanes, vectors.size() - first);
    std::vector<V> group(vectors.begin() + static_cast<ptrdiff_t>(first),
                         vectors.begin() + static_cast<ptrdiff_t>(first + count));
    group.resize(lanes, zero());
    V totals = add_rows(ir_, std::move(group));
    for (size_t k = 0; k < count; ++k) {
      V before = ir_.CreateAlignedLoad(ir_.getFloatTy(), places[first + k], llvm::Align(4));
      ir_.CreateAlignedStore(ir_.CreateFAdd(before, ir_.CreateExtractElement(totals, k)), places[first + k],
                             llvm::Align(4));
    }
  }
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const DepthLanesSchedule& s) {
  return DepthLanes(kernel, storage, work, s).emit();
}

}  // namespace minnow

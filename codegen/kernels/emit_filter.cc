#include <algorithm>

#include "codegen/kernels/depth_lanes.h"
#include "codegen/schedule/tiling.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;

class FilterSums : DepthLanes {
 public:
  FilterSums(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const DepthLanesSchedule& s)
      : DepthLanes(kernel, storage, work, s), is_per_lane_(sums_lanes_apart(op_)) {}

  WorkUnits emit() { return s_.stages ? emit_images() : emit_block(); }

 private:
  void for_tiles(const std::function<void()>& body);
  void for_rows(size_t row, const std::function<void()>& body);
  V number_of_tile();
  WorkUnits emit_images();
  void add_up(V is_first);
  void store_totals();
  WorkUnits emit_block();
  void for_bands(const std::function<void()>& body);
  void emit_block_tile();
  void sum_block(std::span<const size_t> depth);
  void for_elements(const std::function<void(int64_t item, int64_t column, const Coord& place)>& body);
  void add_lanes_up();

  bool is_per_lane_;
  Range band_;
};

// Tiles of columns and of rows. Along the innermost axis of the rows they are at constant places, and the last ends
// where the axis does.
void FilterSums::for_tiles(const std::function<void()>& body) {
  loops(s_.whole, batch_, at_, false, [&] {
    for_bands([&] {
      kernel_.loop(0, columns_ / s_.columns(), [&](V tile) {
        at_[column_] = emitter_.uniform(times(tile, s_.columns()));
        for_rows(0, body);
      });
    });
  });
}

void FilterSums::for_rows(size_t row, const std::function<void()>& body) {
  if (row == rows_.size()) return body();
  const size_t axis = rows_[row];
  const int64_t tile = s_.tile[axis], extent = s_.whole.axes[axis].extent;
  if (row + 1 < rows_.size())
    return kernel_.loop(0, extent / tile, [&](V i) {
      at_[axis] = emitter_.uniform(times(i, tile));
      for_rows(row + 1, body);
    });
  for (int64_t place = 0; place < extent; place += tile) {
    const int64_t first = std::min(place, extent - tile);
    done_ = place - first;
    at_[axis] = emitter_.uniform(number(first));
    body();
  }
}

V FilterSums::number_of_tile() {
  V tile = number(0);
  for (size_t axis = 0; axis < at_.size(); ++axis)
    if (s_.whole.axes[axis].kind != Kind::kDepth)
      tile = plus(times(tile, s_.whole.axes[axis].extent / s_.tile[axis]),
                  divided(emitter_.index_of(at_[axis]), s_.tile[axis]));
  return tile;
}

// Image by image. Sums lie behind the image, a vector of them for each tile, from where the epilogue takes them.
WorkUnits FilterSums::emit_images() {
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), 1});
  a_.base = scratch.memory();
  a_.shape = s_.input();
  memory_ = kernel_.byte_offset(a_.base, floats_of(a_.shape) * 4);
  const std::vector<size_t> outer(depth_.begin() + 1, depth_.end() - 1);
  scratch.loop([&](V) {
    kernel_.loop(0, s_.whole.axes[depth_[0]].extent, [&](V image) {
      first_[depth_[0]] = image;
      stage(a_);
      for_tiles([&] {
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

void FilterSums::add_up(V is_first) {
  std::vector<V> parts;
  for (int64_t o = 0; o < s_.columns(); ++o)
    for (int64_t i = 0; i < s_.items(); ++i) parts.push_back(sums_.get(i * s_.columns() + o, 0));
  parts.resize(static_cast<size_t>(s_.lanes), zero());
  V place = times(number_of_tile(), s_.lanes);
  V before = ir_.CreateSelect(is_first, zero(), load_vector(memory_, place));
  store_vector(ir_.CreateFAdd(before, add_rows(ir_, std::move(parts))), memory_, place);
}

void FilterSums::store_totals() {
  for_tiles([&] {
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
WorkUnits FilterSums::emit_block() {
  memory_ = kernel_.buffer(work_.outputs[0].buffer);
  emitter_.examples_loop([&](const Coord& examples) {
    at_[s_.lane_axis] = examples;
    for_tiles([&] { emit_block_tile(); });
  });
  return {1, false};
}

// Of rows of the images. Sums that are no more than one number each are made of all rows at once.
void FilterSums::for_bands(const std::function<void()>& body) {
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

void FilterSums::emit_block_tile() {
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

// Places that meet the image with all of the tile share a loop, those at the edges are emitted each for itself, but for
// those that meet it with nothing.
void FilterSums::sum_block(std::span<const size_t> depth) {
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
  const auto first = at_[rows_.back()].constant;
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
  const auto at_edge = [&](int64_t place) {
    bool is_met = false;
    for (int64_t i = done_; i < s_.tile[rows_.back()]; ++i)
      is_met |= is_inside(s_.whole, rows_.back(), first + i, axis, place);
    if (is_met) at_place(number(place), place);
  };
  for (int64_t place = 0; place < begin; ++place) at_edge(place);
  kernel_.loop(begin, end, [&](V place) { at_place(place, -1); });
  for (int64_t place = end; place < extent; ++place) at_edge(place);
}

// Where each sum of a tile lies; of all lanes, or one for each.
void FilterSums::for_elements(const std::function<void(int64_t item, int64_t column, const Coord& place)>& body) {
  for (int64_t o = 0; o < s_.columns(); ++o)
    for (int64_t i = 0; i < s_.items(); ++i) {
      if (is_done(i)) continue;
      Axes at = item(i);
      at[column_] = emitter_.offset(at_[column_], o);
      const Coord element = emitter_.row_major(position_of(s_.whole.y, at), op_.type().shape);
      body(i, o, is_per_lane_ ? emitter_.add(emitter_.scale(element, kBlockExamples), at_[s_.lane_axis]) : element);
    }
}

void FilterSums::add_lanes_up() {
  const auto lanes = static_cast<size_t>(s_.lanes);
  std::vector<V> vectors, places;
  for_elements([&](int64_t i, int64_t o, const Coord& element) {
    vectors.push_back(sums_.get(i * s_.columns() + o, 0));
    places.push_back(emitter_.element_address(memory_, ir_.getFloatTy(), element));
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

WorkUnits emit_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                      const DepthLanesSchedule& s) {
  return FilterSums(kernel, storage, work, s).emit();
}

}  // namespace minnow

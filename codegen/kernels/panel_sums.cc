#include "codegen/kernels/panel_sums.h"

#include <algorithm>

#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

}  // namespace

PanelSums::PanelSums(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PanelSchedule& s)
    : PanelKernel(kernel, storage, work, s), rows_(s.whole.axes_of(Kind::kRow)),
      sums_(kernel, s.most_tile_rows, s.vectors, static_cast<int>(s.lanes)), is_costly_(is_epilogue_costly()) {
  if (!s.transposes) return;
  transposed_ = kernel_.stack(vector_type(), s.lanes);
  separate_ = boundaries_of_epilogue();
}

std::vector<ContractionKernel::Axes> PanelSums::rows_of_tile(const Contraction& phase, V first, int64_t count) {
  std::vector<int64_t> extents;
  for (const size_t axis : rows_) extents.push_back(std::min(s_.block[axis], phase.axes[axis].extent));
  std::vector<Axes> rows(static_cast<size_t>(count), origin());
  set_digits(rows[0], rows_, extents, first);
  const bool follows_lines = s_.follows_lines && count == s_.most_tile_rows;
  for (int64_t i = 1; i < count; ++i) {
    Axes& row = rows[static_cast<size_t>(i)];
    if (!follows_lines) {
      set_digits(row, rows_, extents, plus(first, i));
      continue;
    }
    row = rows[0];
    for (const auto& [axis, places] :
         {std::pair(rows_.end()[-2], i / extents.back()), {rows_.back(), i % extents.back()}})
      row[axis] = emitter_.offset(row[axis], places);
  }
  return rows;
}

// Row by row of the block, in the order of the result; which is that of the rows where there is one phase.
std::vector<V> PanelSums::places_of_sums(const Contraction& phase, const std::vector<Axes>& rows, V first) {
  std::vector<V> places;
  V start = ir_.CreateSub(first, times(first_tile_, s_.tile_rows(s_.rows_of_block())));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (s_.phases.size() == 1) {
      places.push_back(plus(start, static_cast<int64_t>(i)));
      continue;
    }
    V place = number(0);
    int64_t stride = 1;
    for (size_t d = phase.y.size(); d-- > 0;) {
      const AffineCoord::Term& term = phase.y[d].terms.back();
      if (phase.axes[term.axis].kind != Kind::kRow) continue;
      place = plus(place,
                   plus(times(emitter_.index_of(rows[i][term.axis]), term.scale * stride), phase.y[d].offset * stride));
      stride *= s_.block[term.axis];
    }
    places.push_back(place);
  }
  return places;
}

void PanelSums::start_sums(const std::vector<V>& places, V is_first) {
  for_sums(places, [&](int64_t i, int64_t j, V place) {
    sums_.set(i, j, ir_.CreateSelect(is_first, zero(), load_vector(totals_, place)));
  });
}

void PanelSums::keep_sums(const std::vector<V>& places) {
  for_sums(places, [&](int64_t i, int64_t j, V place) { store_vector(sums_.get(i, j), totals_, place); });
}

// Where each of the tile's sums lies in the result.
void PanelSums::for_results(const std::vector<Axes>& rows,
                            const std::function<void(int64_t, int64_t, const Coord&)>& body) {
  for (int64_t j = 0; j < s_.vectors; ++j)
    emitter_.under_mask(vector_mask(j), [&] {
      for (size_t i = 0; i < rows.size(); ++i) {
        Axes at = rows[i];
        at[column_] = emitter_.lane(number(j * s_.lanes));
        body(static_cast<int64_t>(i), j, emitter_.row_major(position_of(s_.whole.y, at), op_.type().shape));
      }
    });
}

void PanelSums::continue_result(const std::vector<Axes>& rows) {
  V result = kernel_.buffer(work_.outputs[0].buffer);
  for_results(rows, [&](int64_t i, int64_t j, const Coord& place) {
    sums_.set(i, j, emitter_.load(result, DType::kF32, place));
  });
}

void PanelSums::store_result(const std::vector<Axes>& rows) {
  V result = kernel_.buffer(work_.outputs[0].buffer);
  for_results(rows, [&](int64_t i, int64_t j, const Coord& place) {
    emitter_.store(result, DType::kF32, place, sums_.get(i, j));
  });
}

// What all blocks of the depth have summed up becomes the result.
void PanelSums::finish_rows(V from, V to) {
  const int64_t rows = s_.rows_of_block();
  const int64_t tile = s_.tile_rows(rows);
  if (s_.transposes) return store_transposed(times(from, tile), smaller(times(to, tile), number(rows)));
  for_tiles(kernel_, rows, tile, from, to, [&](V first, int64_t count) {
    const std::vector<Axes> tile_rows = rows_of_tile(s_.whole, first, count);
    const std::vector<V> places = places_of_sums(s_.whole, tile_rows, first);
    for_sums(places, [&](int64_t i, int64_t j, V place) { sums_.set(i, j, load_vector(totals_, place)); });
    store_tile(s_.whole, tile_rows, first);
    emitter_.forget();
  });
}

void PanelSums::prefetch_results(const Contraction& phase, V row) {
  Axes at = rows_of_tile(phase, row, 1)[0];
  for (int64_t j = 0; j < s_.vectors; ++j) {
    at[column_] = emitter_.lane(number(j * s_.lanes));
    prefetch_epilogue(position_of(s_.whole.y, at));
  }
}

void PanelSums::store_tile(const Contraction& phase, const std::vector<Axes>& rows, V first) {
  if (is_costly_ && rows.size() > 1) return store_in_turn(phase, static_cast<int64_t>(rows.size()), first);
  store_vectors(rows, [&](size_t row, int64_t j) { return sums_.get(static_cast<int64_t>(row), j); });
}

// The sums of a tile wait in memory for the one place in the code that has what follows them.
void PanelSums::store_in_turn(const Contraction& phase, int64_t count, V first) {
  V sums = waiting_sums(count * s_.vectors);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < s_.vectors; ++j)
      store_vector(sums_.get(i, j), sums, number((i * s_.vectors + j) * s_.lanes));
  emitter_.forget();
  kernel_.loop(0, count, [&](V i) {
    store_vectors(rows_of_tile(phase, plus(first, i), 1),
                  [&](size_t, int64_t j) { return load_vector(sums, times(plus(times(i, s_.vectors), j), s_.lanes)); });
    emitter_.forget();
  });
}

// All rows are computed before any of them is stored: a load that touched the masked end of an earlier row would wait
// for that row's store.
void PanelSums::store_vectors(const std::vector<Axes>& rows, const std::function<V(size_t row, int64_t vector)>& sum) {
  for (int64_t j = 0; j < s_.vectors; ++j) {
    emitter_.under_mask(vector_mask(j), [&] {
      const auto position = [&](Axes at) {
        at[column_] = emitter_.lane(number(j * s_.lanes));
        return position_of(s_.whole.y, at);
      };
      std::vector<std::vector<V>> elements;
      for (size_t i = 0; i < rows.size(); ++i) {
        V value = sum(i, j);
        emitter_.bind(op_.result(), [value](const Position&) { return value; });
        elements.push_back(compute_outputs(emitter_, work_, position(rows[i])));
      }
      for (size_t i = 0; i < rows.size(); ++i) store_computed(emitter_, work_, position(rows[i]), elements[i]);
    });
  }
}

// Rows [from, to) of the block, a vector of neighbouring rows of one column at a time.
void PanelSums::store_transposed(V from, V to) {
  emitter_.forget();
  V base = times(first_tile_, s_.tile_rows(s_.rows_of_block()));
  kernel_.loop(0, s_.vectors, [&](V vector) {
    V first = times(vector, s_.lanes);
    V count = smaller(number(s_.lanes), ir_.CreateSub(number(columns_), plus(first_[column_], first)));
    emitter_.lanes_loop(from, to, [&](const Coord& row) {
      std::vector<V> block;
      V kept = ir_.CreateSub(emitter_.index_of(row), base);
      for (int64_t i = 0; i < s_.lanes; ++i)
        block.push_back(load_vector(totals_, plus(times(plus(kept, i), s_.panel()), first)));
      block = transpose_lanes(ir_, std::move(block));
      for (int64_t i = 0; i < s_.lanes; ++i)
        store_vector(block[static_cast<size_t>(i)], transposed_, number(i * s_.lanes));
      kernel_.loop(number(0), count, 1, [&](V i) {
        V values = load_vector(transposed_, times(i, s_.lanes));
        emitter_.bind(op_.result(), [values](const Position&) { return values; });
        store_outputs(emitter_, work_, transposed_position(plus(first, i), row));
        emitter_.unbind(op_.result());
        emitter_.forget();
      });
    });
  });
}

// Rows of the result are in its last dimensions; as one where what follows may run over them so.
Position PanelSums::transposed_position(V channel, const Coord& row) {
  Axes at = origin();
  at[column_] = emitter_.uniform(channel);
  Position position = position_of(s_.whole.y, at);
  const Shape& shape = op_.type().shape;
  size_t first_dim = shape.size();  // of those that a block has places of
  V first = number(0);
  int64_t stride = 1;
  while (first_dim > 0) {
    const size_t axis = s_.whole.y[first_dim - 1].terms.back().axis;
    if (s_.whole.axes[axis].kind != Kind::kRow) break;
    first = plus(first, times(first_[axis], stride));
    stride *= shape[--first_dim];
  }
  count_through(position, first_dim, emitter_.add(row, emitter_.uniform(first)), separate_);
  return position;
}

}  // namespace minnow

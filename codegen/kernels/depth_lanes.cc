#include "codegen/kernels/depth_lanes.h"

namespace minnow {

using V = llvm::Value*;

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
  V column = plus(emitter_.index_of(at_[column_]), i);
  if (!s_.whole.has_windows() && columns_ > s_.lanes && columns_ % s_.lanes != 0)
    column = smaller(column, number(columns_ - 1));
  at[column_] = emitter_.uniform(column);
  return at;
}

// Where the next tile's columns lie: these rows are read side by side, and the processor foresees few of their ends.
void DepthLanes::ask_for_next_tile(int64_t column) {
  Axes at = at_;
  at[column_] = emitter_.uniform(plus(emitter_.index_of(at_[column_]), column + s_.columns()));
  emitter_.prefetch(b_.value, position_of(s_.whole.b, at));
}

void DepthLanes::multiply(int64_t items, int64_t step, int64_t edge) {
  std::vector<V> a;
  const auto masked = [&](V value) {
    return emitter_.mask() == nullptr ? value : ir_.CreateSelect(emitter_.mask(), value, zero());
  };
  for (int64_t i = 0; i < items; ++i) {
    const Axes at = item(i);
    if (is_done(i) ||
        (edge >= 0 && !is_inside(s_.whole, rows_.back(), at[rows_.back()].constant, depth_.back(), edge))) {
      a.push_back(nullptr);
    } else {
      V value = read(a_, s_.whole, at);
      a.push_back(a_.base != nullptr ? value : masked(value));  // what is masked off in scratch is read as zero
    }
  }
  for (int64_t o = 0; o < s_.columns(); ++o) {
    V b = nullptr;
    if (s_.packs) {
      V place = plus(times(emitter_.index_of(at_[s_.lane_axis]), columns_), o * s_.lanes);
      b = load_vector(memory_, place);
    } else {
      b = read(b_, s_.whole, with_column(o));
      if (asks_ahead_) ask_for_next_tile(o);
      if (a_.base != nullptr) b = masked(b);
    }
    for (int64_t i = 0; i < items; ++i)
      if (V value = a[static_cast<size_t>(i)]) sums_.multiply_add(i * s_.columns() + o, step, b, value);
  }
  emitter_.forget();
}

}  // namespace minnow

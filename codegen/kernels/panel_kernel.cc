#include "codegen/kernels/panel_kernel.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

}  // namespace

PanelKernel::PanelKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PanelSchedule& s)
    : ContractionKernel(kernel, storage, work, s.phases), s_(s), column_(s.whole.axes_of(Kind::kColumn)[0]),
      columns_(s.whole.axes[column_].extent), depth_(s.whole.axes_of(Kind::kDepth)),
      b_{op_.operands[1], &Contraction::b} {}

// [depth][columns]; the depth in the order of b's dimensions.
void PanelKernel::place_panel() {
  b_.base = panel_;
  b_.shape = StagedShape(s_.whole.b.size());
  int64_t stride = s_.panel();
  for (size_t d = b_.shape.size(); d-- > 0;) {
    const size_t axis = s_.whole.b[d].terms.back().axis;
    if (axis == column_) b_.shape[d].stride = 1;
    if (s_.whole.axes[axis].kind != Kind::kDepth) continue;
    b_.shape[d] = {0, s_.block[axis], stride};
    stride *= s_.block[axis];
  }
}

void PanelKernel::find_panel(V panels) {
  V row = depth_.empty() ? number(0) : first_[depth_[0]];
  V panel = divided(first_[column_], s_.panel());
  panel_ = float_at(panels, plus(times(panel, s_.floats_of_packed_panel()), times(row, s_.panel())));
  place_panel();
}

void PanelKernel::pack_panel() {
  const size_t innermost = s_.adds_up ? 0 : s_.whole.b.size() - 1;  // in a block of examples these are
  const bool is_along_depth = s_.whole.axes[s_.whole.b[innermost].terms.back().axis].kind == Kind::kDepth;
  emitter_.forget();
  is_along_depth ? pack_transposed() : pack_vectors();
  emitter_.forget();
}

void PanelKernel::pack_vectors() {
  Axes at = origin();
  loops(s_.whole, depth_, at, false, [&] {
    for (int64_t j = 0; j < s_.vectors; ++j) pack_vector(at, j);
    emitter_.forget();
  });
}

llvm::Value* PanelKernel::pack_vector(const Axes& depth, int64_t j) {
  Axes at = depth;
  at[column_] = emitter_.lane(number(j * s_.lanes));
  V vector = nullptr;
  emitter_.under_mask(vector_mask(j), [&] { vector = emitter_.emit(b_.value, position_of(s_.whole.b, at)); });
  V index = number(j * s_.lanes);
  for (const size_t axis : depth_)
    for (size_t d = 0; d < b_.shape.size(); ++d)
      if (const int64_t scale = s_.whole.b[d].scale_of(axis))
        index = plus(index, times(emitter_.index_of(at[axis]), scale * b_.shape[d].stride));
  store_vector(vector, panel_, index);
  return vector;
}

// From memory along the depth: blocks of lanes × lanes are transposed. Columns beyond the last repeat it. Neighbouring
// dimensions that are depth to their end run as one.
void PanelKernel::pack_transposed() {
  const auto kind_of = [&](size_t d) { return s_.whole.axes[s_.whole.b[d].terms.back().axis].kind; };
  const size_t last = s_.adds_up ? 0 : s_.whole.b.size() - 1;
  size_t first_flat = last;
  int64_t flat = s_.block[s_.whole.b[last].terms.back().axis];
  const auto is_whole = [&](size_t d) {
    const size_t axis = s_.whole.b[d].terms.back().axis;
    return s_.block[axis] == s_.whole.axes[axis].extent;
  };
  while (first_flat > 0 && kind_of(first_flat - 1) == Kind::kDepth && is_whole(first_flat))
    flat *= s_.block[s_.whole.b[--first_flat].terms.back().axis];
  const size_t head = s_.whole.b[first_flat].terms.back().axis;
  int64_t head_places = 1;  // in memory, of a step along the first of them
  for (size_t d = first_flat + 1; d <= last; ++d) head_places *= op_.operands[1]->type.shape[d];
  V begin = times(first_[head], head_places);
  V end = count_[head] != nullptr ? plus(begin, times(count_[head], head_places)) : plus(begin, flat);

  std::vector<size_t> outer;
  for (const size_t axis : depth_)
    for (size_t d = 0; d < first_flat; ++d)
      if (s_.whole.b[d].scale_of(axis) != 0) outer.push_back(axis);
  Axes at = origin();
  loops(s_.whole, outer, at, false, [&] {
    V place = number(0);
    for (const size_t axis : outer)
      for (size_t d = 0; d < first_flat; ++d)
        if (s_.whole.b[d].scale_of(axis) != 0)
          place = plus(place, times(emitter_.index_of(at[axis]), b_.shape[d].stride));
    kernel_.loop(0, s_.vectors, [&](V vector) {
      emitter_.lanes_loop(begin, end, [&](const Coord& k) {
        std::vector<V> columns;
        for (int64_t i = 0; i < s_.lanes; ++i) {
          V column = plus(times(vector, s_.lanes), i);
          if (columns_ % s_.panel() != 0)
            column = smaller(column, ir_.CreateSub(number(columns_ - 1), first_[column_]));
          at[column_] = emitter_.uniform(column);
          Position position = position_of(s_.whole.b, at);
          for (size_t d = first_flat; d <= last; ++d) position[d] = d == last ? k : emitter_.constant(0);
          columns.push_back(emitter_.emit(b_.value, position));
        }
        columns = transpose_lanes(ir_, std::move(columns));
        V row = plus(place, times(ir_.CreateSub(emitter_.index_of(k), begin), s_.panel()));
        for (int64_t i = 0; i < s_.lanes; ++i)
          store_vector(columns[static_cast<size_t>(i)], panel_,
                       plus(plus(row, i * s_.panel()), times(vector, s_.lanes)));
      });
      emitter_.forget();
    });
  });
}

// Lanes of the panel's vector j that are columns; nullptr if all are.
V PanelKernel::vector_mask(int64_t j) {
  if (columns_ % s_.panel() == 0) return nullptr;
  return emitter_.first_lanes(ir_.CreateSub(number(columns_ - j * s_.lanes), first_[column_]));
}

}  // namespace minnow

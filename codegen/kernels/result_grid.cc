#include "codegen/kernels/result_grid.h"

#include <algorithm>

namespace minnow {

// A coordinate of several axes, as that of channels in groups, is a dimension for each.
ResultGrid::ResultGrid(const Contraction& contraction, int64_t elements) : contraction_(contraction) {
  int64_t counted = 1;
  for (const AffineCoord& coord : contraction.y) {
    std::vector<AffineCoord::Term> terms;
    for (const AffineCoord::Term& term : coord.terms)
      if (contraction.axes[term.axis].extent > 1) terms.push_back(term);
    std::ranges::sort(terms, std::greater<>(), &AffineCoord::Term::scale);
    int64_t scale = 1;
    for (size_t i = terms.size(); i-- > 0;) {
      is_known_ &= terms[i].scale == scale;
      scale *= contraction.axes[terms[i].axis].extent;
    }
    is_known_ &= coord.offset == 0 && coord.divisor == 1;
    for (const AffineCoord::Term& term : terms) {
      dims_.push_back({{term.axis}, contraction.axes[term.axis].extent});
      counted *= dims_.back().extent;
    }
  }
  is_known_ &= counted == elements;
}

int64_t ResultGrid::dim_of(size_t axis) const {
  for (size_t d = 0; d < dims_.size(); ++d)
    if (dims_[d].axes.front() == axis) return static_cast<int64_t>(d);
  return -1;
}

ResultGrid& ResultGrid::divide(size_t axis, int64_t chunk) {
  if (contraction_.axes[axis].extent > 1) divided_.emplace_back(axis, chunk);
  return *this;
}

ResultGrid& ResultGrid::divide(std::span<const size_t> axes, int64_t chunk) {
  for (const size_t axis : axes) divide(axis, chunk);
  return *this;
}

ResultGrid& ResultGrid::divide_as_one(std::span<const size_t> axes, int64_t chunk) {
  std::vector<size_t> wide;
  for (const size_t axis : axes)
    if (contraction_.axes[axis].extent > 1) wide.push_back(axis);
  if (wide.empty()) return *this;
  const int64_t first = dim_of(wide[0]);
  for (size_t i = 1; i < wide.size(); ++i)
    is_known_ &= first >= 0 && dim_of(wide[i]) == first + static_cast<int64_t>(i);
  if (!is_known_ || first < 0) {
    is_known_ = false;
    return *this;
  }
  const auto begin = dims_.begin() + first;
  for (size_t i = 1; i < wide.size(); ++i) begin->extent *= contraction_.axes[wide[i]].extent;
  begin->axes = wide;
  dims_.erase(begin + 1, begin + static_cast<ptrdiff_t>(wide.size()));
  divided_.emplace_back(wide[0], chunk);
  return *this;
}

ResultGrid& ResultGrid::split(int64_t boxes_together, int64_t splits) {
  grid_.boxes_together = boxes_together;
  grid_.splits = splits;
  return *this;
}

UnitGrid ResultGrid::take() {
  for (const auto& [axis, chunk] : divided_) {
    grid_.digits.push_back({dim_of(axis), chunk});
    is_known_ &= grid_.digits.back().dim >= 0;
  }
  for (const Dim& dim : dims_) grid_.shape.push_back(dim.extent);
  if (grid_.shape.empty()) grid_.shape = {1};
  return is_known_ && grid_.is_sound() ? std::move(grid_) : UnitGrid{};
}

}  // namespace minnow

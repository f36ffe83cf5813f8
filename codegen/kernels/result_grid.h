// Where the work units of a contraction lie in its result, said in axes.
#pragma once

#include <span>
#include <vector>

#include "codegen/machine/unit_grid.h"
#include "ir/contraction.h"

namespace minnow {

class ResultGrid {
 public:
  // Of a result of so many elements.
  ResultGrid(const Contraction& contraction, int64_t elements);

  // Boxes have `chunk` places of the axis; the first one named is the most significant.
  ResultGrid& divide(size_t axis, int64_t chunk);
  ResultGrid& divide(std::span<const size_t> axes, int64_t chunk);
  // The same of several axes that follow each other in the result, counted through.
  ResultGrid& divide_as_one(std::span<const size_t> axes, int64_t chunk);
  // See UnitGrid. So many of the boxes of the axes divided last.
  ResultGrid& split(int64_t boxes_together, int64_t splits);

  // Not known where the result is no grid of these axes.
  UnitGrid take();

 private:
  struct Dim {
    std::vector<size_t> axes;
    int64_t extent = 1;
  };
  int64_t dim_of(size_t axis) const;

  const Contraction& contraction_;
  bool is_known_ = true;
  std::vector<Dim> dims_;
  std::vector<std::pair<size_t, int64_t>> divided_;  // axis, chunk
  UnitGrid grid_;
};

}  // namespace minnow

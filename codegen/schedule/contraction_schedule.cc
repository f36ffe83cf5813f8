#include "codegen/schedule/contraction_schedule.h"

#include <algorithm>

#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

const Threshold kFewBands{"bands of images that are units enough", 4};
constexpr int64_t kFewestRows = 4;  // of a band

}  // namespace

int64_t registers_of_vector(int64_t lanes, const Processor& processor) {
  return std::max<int64_t>(1, lanes / processor.lanes);
}

int64_t floats_of(const StagedShape& shape) { return shape.empty() ? 0 : shape[0].extent * shape[0].stride; }

StagedShape staged_shape(const std::vector<Contraction>& phases, AffineMap Contraction::* map,
                         const std::vector<int64_t>& block) {
  StagedShape shape((phases[0].*map).size());
  for (size_t d = 0; d < shape.size(); ++d) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (const Contraction& phase : phases) {
      std::vector<Axis> axes = phase.axes;
      for (size_t i = 0; i < axes.size(); ++i) axes[i].extent = std::min(axes[i].extent, block[i]);
      const CoordSpan span = span_of((phase.*map)[d], axes);
      low = std::min(low, span.low);
      high = std::max(high, span.high);
    }
    shape[d] = {low, high - low + 1, 1};
  }
  for (size_t d = shape.size(); d-- > 1;) shape[d - 1].stride = shape[d].stride * shape[d].extent;
  return shape;
}

int64_t rows_of_shared_band(const std::vector<Contraction>& phases, std::vector<int64_t> block, size_t row_axis,
                            int64_t units) {
  const int64_t rows = block[row_axis];
  if (units >= kFewBands) return rows;
  block[row_axis] = 1;
  const StagedShape one = staged_shape(phases, &Contraction::a, block);
  const int64_t fewest = std::max(kFewestRows, one[one.size() - 2].extent);
  return smallest_divisor(rows, std::max(fewest, ceil_div(rows, ceil_div(kFewBands, units))));
}

}  // namespace minnow

#include "codegen/schedule/contraction_schedule.h"

#include <algorithm>

namespace minnow {

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

}  // namespace minnow

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/axis.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

// x [N,...,2C,...] → y [N,...,C,...]
Result<Value*> lower_glu(LayerScope& scope) {
  const spec::Glu& glu = scope.layer().glu();
  MINNOW_ASSIGN(const int64_t dim, input_axis(scope, "axis", glu.axis()));
  const int64_t size = scope.input()->type.dim(dim);
  if (size % 2 != 0)
    return scope.complain("axis", "the {} elements of axis {} of {}{} have no halves", size, glu.axis(),
                          scope.example_shape(), scope.from());
  Shape shape = scope.input_shape();
  shape[static_cast<size_t>(dim)] = size / 2;
  MINNOW_TRY(scope.admit_output(shape));
  Builder& b = scope.builder();
  Value* gate = activate(b, b.slice(scope.input(), dim, size / 2, size), glu.gate());
  return b.mul(b.slice(scope.input(), dim, 0, size / 2), gate);
}

Status check_glu_generation(const LayerScope& scope) { return goes_along(scope, "axis", scope.layer().glu().axis()); }

}  // namespace

const LayerRule kGluRule = {.lower = lower_glu, .check_generation = check_glu_generation};

}  // namespace minnow

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"

namespace minnow {
namespace {

// x [N,C,...], slope [C] → y [N,C,...]
Result<Value*> lower_prelu(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  MINNOW_ASSIGN(Value * slope, scope.weight("slope", {x->type.dim(1)}, {scope.layer().prelu().slope_init()}));
  Value* is_positive = b.compare(OpKind::kGreater, x, b.like(x, 0));
  return b.select(is_positive, x, b.mul(x, broadcast_along(b, slope, 1, x->type.shape)));
}

}  // namespace

const LayerRule kPreluRule = {.lower = lower_prelu};

}  // namespace minnow

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/normalize.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

// x [N,...,C], gain [C] → y [N,...,C]
Result<Value*> lower_rms_norm(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  const Shape& shape = x->type.shape;
  const int64_t last = x->type.rank() - 1;
  MINNOW_ASSIGN(Value * gain, scope.constant_weight("gain", {shape.back()}, 1));
  scope.normalizes({.values = shape.back(), .of_one = "1 or -1"});
  add_normalization_flops(scope);

  Value* mean_square = b.reduce_mean(b.mul(x, x), {last});
  Value* root = b.sqrt(b.add(mean_square, scope.layer().rms_norm().epsilon()));
  return b.mul(b.div(x, broadcast_rows(b, root, shape)), broadcast_along(b, gain, last, shape));
}

}  // namespace

const LayerRule kRmsNormRule = {.lower = lower_rms_norm, .check_generation = goes_by_vectors};

}  // namespace minnow

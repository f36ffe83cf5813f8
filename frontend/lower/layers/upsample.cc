#include "frontend/lower/layer_rule.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

// x [N,C,H,W] → [N,C,H,factor,W,factor] → y [N,C,H*factor,W*factor]
Result<Value*> lower(LayerScope& scope) {
  MINNOW_TRY(scope.expect_image());
  const auto [vertical, horizontal] = pair_of(scope.layer().upsample().factor());
  const Shape& x = scope.input_shape();
  const Shape result = {x[0], x[1], x[2] * vertical, x[3] * horizontal};
  MINNOW_TRY(scope.admit_output(result));
  Builder& b = scope.builder();
  Value* repeated = b.broadcast(scope.input(), {0, 1, 2, 4}, {x[0], x[1], x[2], vertical, x[3], horizontal});
  return b.reshape(repeated, result);
}

}  // namespace

const LayerRule kUpsampleRule = {.lower = lower};

}  // namespace minnow

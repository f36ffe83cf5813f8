#include "frontend/lower/layer_rule.h"

namespace minnow {
namespace {

Result<Value*> lower_dropout(LayerScope& scope) {
  const double rate = scope.layer().dropout().rate();
  if (scope.mode() == Mode::kInference || rate == 0) return scope.input();
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  Value* seed = scope.scalar("seed");
  Value* draw = b.random(x->type.shape, seed, scope.scalar("step"), stream_of("dropout:" + scope.layer().name()));
  Value* is_kept = b.compare(OpKind::kGreaterEqual, draw, b.like(draw, rate));
  return b.select(is_kept, b.mul(x, 1 / (1 - rate)), b.like(x, 0));
}

}  // namespace

const LayerRule kDropoutRule = {.lower = lower_dropout};

}  // namespace minnow

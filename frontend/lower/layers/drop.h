// Dropout, as a layer of its own and inside others.
#pragma once

#include "frontend/lower/layer_scope.h"

namespace minnow {

// In training, zeros in place of a share `rate` of x, and the rest divided by 1 - rate; in inference, x. A layer that
// drops several times gives each a name: numbers of its own.
inline Value* drop(LayerScope& scope, Value* x, double rate, std::string_view name = "") {
  if (scope.mode() != Mode::kTraining || rate == 0) return x;
  Builder& b = scope.builder();
  Value* seed = scope.scalar("seed");
  Value* draw = b.random(x->type.shape, seed, scope.scalar("step"),
                         stream_of(fmt::format("dropout:{}{}", scope.layer().name(), name)));
  Value* is_kept = b.compare(OpKind::kGreaterEqual, draw, b.like(draw, rate));
  return b.select(is_kept, b.mul(x, 1 / (1 - rate)), b.like(x, 0));
}

}  // namespace minnow

// How layers end whose work is a contraction with a weight.
#pragma once

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_scope.h"

namespace minnow {

// y + b along `dim`, then the activation; `Spec` is the message, with the fields of spec::Dense for both.
template <typename Spec>
Result<Value*> finish(LayerScope& scope, Value* y, const Spec& spec, int64_t dim, int64_t fan_in, int64_t fan_out) {
  Builder& builder = scope.builder();
  if (spec.bias()) {
    MINNOW_ASSIGN(Value * bias, scope.weight("bias", {y->type.dim(dim)}, {spec.bias_init(), fan_in, fan_out}));
    y = builder.add(y, broadcast_along(builder, bias, dim, y->type.shape));
  }
  return activate(builder, y, spec.activation());
}

}  // namespace minnow

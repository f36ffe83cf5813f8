#include "frontend/lower/layers/normalize.h"

#include "frontend/lower/composites.h"

namespace minnow {

Result<Affine> affine_weights(LayerScope& scope, int64_t dim) {
  const Shape shape = {scope.input()->type.dim(dim)};
  MINNOW_ASSIGN(Value * gain, scope.constant_weight("gain", shape, 1));
  MINNOW_ASSIGN(Value * offset, scope.constant_weight("offset", shape, 0));
  return Affine{gain, offset, dim};
}

Value* scale_and_shift(Builder& b, Value* x, const Affine& affine) {
  const auto spread = [&](Value* y) { return broadcast_along(b, y, affine.dim, x->type.shape); };
  return b.add(b.mul(x, spread(affine.gain)), spread(affine.offset));
}

void add_normalization_flops(LayerScope& scope) {
  constexpr double kFlopsPerElement = 8;
  const TensorType& type = scope.input()->type;
  scope.add_flops(kFlopsPerElement * static_cast<double>(type.elements() / type.dim(0)));
}

}  // namespace minnow

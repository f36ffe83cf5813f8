#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/normalize.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

// Statistics per row, over the last dimension.
Result<Value*> lower_layer_norm(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  const int64_t last = x->type.rank() - 1;
  MINNOW_ASSIGN(const Affine affine, affine_weights(scope, last));
  const auto spread = [&](Value* y) { return broadcast_rows(b, y, x->type.shape); };
  const Statistics statistics = statistics_over(b, x, {last}, spread);
  scope.normalizes({.values = x->type.dim(last)});
  add_normalization_flops(scope);
  return scale_and_shift(b, standardize(b, x, statistics, scope.layer().layer_norm().epsilon(), spread), affine);
}

}  // namespace

const LayerRule kLayerNormRule = {.lower = lower_layer_norm, .check_generation = goes_by_vectors};

}  // namespace minnow

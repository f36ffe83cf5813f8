#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/normalize.h"

namespace minnow {
namespace {

// x [N,C,...]; a group of channels is a row of [N,groups,C/groups*...].
Result<Value*> normalize_groups(LayerScope& scope, int64_t groups, double epsilon) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  const int64_t batch = x->type.dim(0);
  const int64_t width = x->type.elements() / batch / groups;
  MINNOW_ASSIGN(const Affine affine, affine_weights(scope, 1));
  scope.normalizes({.values = width});
  add_normalization_flops(scope);

  Value* rows = b.reshape(x, {batch, groups, width});
  const auto spread = [&](Value* y) { return broadcast_rows(b, y, rows->type.shape); };
  const Statistics statistics = statistics_over(b, rows, {2}, spread);
  return scale_and_shift(b, b.reshape(standardize(b, rows, statistics, epsilon, spread), x->type.shape), affine);
}

Result<Value*> lower_group(LayerScope& scope) {
  const spec::GroupNorm& norm = scope.layer().group_norm();
  const int64_t channels = scope.input_shape()[1];
  if (channels % norm.groups() != 0)
    return scope.complain("groups", "{} input channels{} cannot be split into {} groups", channels, scope.from(),
                          norm.groups());
  return normalize_groups(scope, norm.groups(), norm.epsilon());
}

Result<Value*> lower_instance(LayerScope& scope) {
  MINNOW_TRY(scope.expect_space());
  return normalize_groups(scope, scope.input_shape()[1], scope.layer().instance_norm().epsilon());
}

}  // namespace

const LayerRule kGroupNormRule = {.lower = lower_group};
const LayerRule kInstanceNormRule = {.lower = lower_instance};

}  // namespace minnow

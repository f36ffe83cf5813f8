#include <algorithm>

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/normalize.h"

namespace minnow {
namespace {

// running = momentum * running + (1 - momentum) * batch
void update_running(LayerScope& scope, const std::string& name, Value* running, Value* batch, double momentum,
                    double correction) {
  Builder& b = scope.builder();
  scope.update_state(name, b.add(b.mul(running, momentum), b.mul(batch, (1 - momentum) * correction)));
}

// Statistics per channel, over the batch and the image; the running ones where nothing of the layer is trained.
Result<Value*> lower_batch_norm(LayerScope& scope) {
  const spec::BatchNorm& norm = scope.layer().batch_norm();
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  const int64_t channels = x->type.dim(1);
  MINNOW_ASSIGN(const Affine affine, affine_weights(scope, 1));
  MINNOW_ASSIGN(Value * running_mean, scope.state("running_mean", {channels}, 0));
  MINNOW_ASSIGN(Value * running_variance, scope.state("running_variance", {channels}, 1));

  const auto spread = [&](Value* y) { return broadcast_along(b, y, 1, x->type.shape); };
  Statistics statistics = {running_mean, running_variance};
  const bool is_frozen = scope.is_frozen("gain") && scope.is_frozen("offset");
  if (scope.mode() == Mode::kTraining && !is_frozen) {
    std::vector<int64_t> dims = {0};
    for (int64_t dim = 2; dim < x->type.rank(); ++dim) dims.push_back(dim);
    statistics = statistics_over(b, x, dims, spread);
    const auto count = static_cast<double>(x->type.elements() / channels);
    update_running(scope, "running_mean", running_mean, statistics.mean, norm.momentum(), 1);
    update_running(scope, "running_variance", running_variance, statistics.variance, norm.momentum(),
                   count / std::max(count - 1, 1.0));
  }
  if (!is_frozen)
    scope.normalizes({.values = x->type.elements() / x->type.dim(0) / channels,
                      .over_batch = true,
                      .remedy = "take a batch_size of at least 2"});
  add_normalization_flops(scope);
  return scale_and_shift(b, standardize(b, x, statistics, norm.epsilon(), spread), affine);
}

}  // namespace

const LayerRule kBatchNormRule = {.lower = lower_batch_norm};

}  // namespace minnow

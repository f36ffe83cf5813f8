// Layers that behave differently in training and in inference, and their relative, layer norm.
#include <algorithm>

#include "frontend/lower/composites.h"
#include "frontend/lower/lower_layer.h"

namespace minnow {
namespace {

struct Statistics {
  Value* mean;
  Value* variance;  // biased
};

// gain * (x - mean) / sqrt(variance + epsilon) + offset; `spread` broadcasts a statistic, `spread_weight` a
// weight.
template <typename Spread, typename SpreadWeight>
Value* normalize(Builder& b, Value* x, const Statistics& statistics, double epsilon, Value* gain, Value* offset,
                 Spread spread, SpreadWeight spread_weight) {
  Value* centred = b.sub(x, spread(statistics.mean));
  Value* deviation = b.sqrt(b.add(statistics.variance, epsilon));
  Value* normal = b.div(centred, spread(deviation));
  return b.add(b.mul(normal, spread_weight(gain)), spread_weight(offset));
}

template <typename Spread>
Statistics statistics_over(Builder& b, Value* x, const std::vector<int64_t>& dims, Spread spread) {
  Value* mean = b.reduce_mean(x, dims);
  Value* centred = b.sub(x, spread(mean));
  return {mean, b.reduce_mean(b.mul(centred, centred), dims)};
}

// running = momentum * running + (1 - momentum) * batch
void update_running(LayerScope& scope, Value* running, Value* batch, double momentum, double correction) {
  Builder& b = scope.builder();
  scope.update_state(running, b.add(b.mul(running, momentum), b.mul(batch, (1 - momentum) * correction)));
}

constexpr double kFlopsPerElement = 8;

}  // namespace

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

// Statistics per channel, over the batch and the image.
Result<Value*> lower_batch_norm(LayerScope& scope) {
  const spec::BatchNorm& norm = scope.layer().batch_norm();
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  const int64_t channels = x->type.dim(1);
  MINNOW_ASSIGN(Value * gain, scope.constant_weight("gain", {channels}, 1));
  MINNOW_ASSIGN(Value * offset, scope.constant_weight("offset", {channels}, 0));
  Value* running_mean = scope.state("running_mean", {channels}, 0);
  Value* running_variance = scope.state("running_variance", {channels}, 1);

  const auto spread = [&](Value* y) { return broadcast_along(b, y, 1, x->type.shape); };
  Statistics statistics = {running_mean, running_variance};
  if (scope.mode() == Mode::kTraining) {
    std::vector<int64_t> dims = {0};
    for (int64_t dim = 2; dim < x->type.rank(); ++dim) dims.push_back(dim);
    statistics = statistics_over(b, x, dims, spread);
    const auto count = static_cast<double>(x->type.elements() / channels);
    update_running(scope, running_mean, statistics.mean, norm.momentum(), 1);
    update_running(scope, running_variance, statistics.variance, norm.momentum(), count / std::max(count - 1, 1.0));
  }
  scope.add_flops(kFlopsPerElement * static_cast<double>(x->type.elements() / x->type.dim(0)));
  return normalize(b, x, statistics, norm.epsilon(), gain, offset, spread, spread);
}

// Statistics per row, over the last dimension.
Result<Value*> lower_layer_norm(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  Builder& b = scope.builder();
  Value* x = scope.input();
  const int64_t last = x->type.rank() - 1;
  const int64_t width = x->type.dim(last);
  MINNOW_ASSIGN(Value * gain, scope.constant_weight("gain", {width}, 1));
  MINNOW_ASSIGN(Value * offset, scope.constant_weight("offset", {width}, 0));

  const auto spread = [&](Value* y) { return broadcast_rows(b, y, x->type.shape); };
  const auto spread_weight = [&](Value* y) { return broadcast_along(b, y, last, x->type.shape); };
  const Statistics statistics = statistics_over(b, x, {last}, spread);
  scope.add_flops(kFlopsPerElement * static_cast<double>(x->type.elements() / x->type.dim(0)));
  return normalize(b, x, statistics, scope.layer().layer_norm().epsilon(), gain, offset, spread, spread_weight);
}

}  // namespace minnow

// What layers share that subtract a mean and divide by a deviation.
#pragma once

#include <vector>

#include "frontend/lower/layer_scope.h"

namespace minnow {

struct Statistics {
  Value* mean;
  Value* variance;  // biased
};

// Over `dims` of x; `spread` broadcasts a statistic to the shape of x.
template <typename Spread>
Statistics statistics_over(Builder& b, Value* x, const std::vector<int64_t>& dims, Spread spread) {
  Value* mean = b.reduce_mean(x, dims);
  Value* centred = b.sub(x, spread(mean));
  return {mean, b.reduce_mean(b.mul(centred, centred), dims)};
}

// (x - mean) / sqrt(variance + epsilon)
template <typename Spread>
Value* standardize(Builder& b, Value* x, const Statistics& statistics, double epsilon, Spread spread) {
  Value* centred = b.sub(x, spread(statistics.mean));
  Value* deviation = b.sqrt(b.add(statistics.variance, epsilon));
  return b.div(centred, spread(deviation));
}

// Weights along a dimension of the input, the first to be declared of a layer.
struct Affine {
  Value* gain;
  Value* offset;
  int64_t dim;
};
Result<Affine> affine_weights(LayerScope& scope, int64_t dim);
// gain * x + offset
Value* scale_and_shift(Builder& builder, Value* x, const Affine& affine);

// Of a normalisation of the whole input.
void add_normalization_flops(LayerScope& scope);

}  // namespace minnow

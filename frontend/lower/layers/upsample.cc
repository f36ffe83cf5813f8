#include <algorithm>
#include <cmath>

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/axis.h"
#include "frontend/lower/window_geometry.h"
#include "ir/neighbours.h"

namespace minnow {
namespace {

// Every element of dimensions 2 + i as often as factor[i] says: [N,C,H,W] → [N,C,H,factor,W,factor]
Value* repeat(Builder& b, Value* x, const std::vector<int64_t>& factor) {
  Shape shape = {x->type.dim(0), x->type.dim(1)};
  std::vector<int64_t> dims = {0, 1};
  for (size_t i = 0; i < factor.size(); ++i) {
    dims.push_back(std::ssize(shape));
    shape.insert(shape.end(), {x->type.shape[2 + i], factor[i]});
  }
  return b.broadcast(x, dims, shape);
}

// Copy p of element i lies (p + 1/2) / factor - 1/2 elements behind its middle. It takes that much of the next element,
// or of the one before if it is negative, and the rest of element i.
std::vector<Neighbour> neighbours_of(int64_t factor) {
  std::vector<Neighbour> neighbours = {{0, {}}, {-1, {}}, {1, {}}};
  for (int64_t copy = 0; copy < factor; ++copy) {
    const double distance = (static_cast<double>(copy) + 0.5) / static_cast<double>(factor) - 0.5;
    neighbours[0].weights.push_back(1 - std::abs(distance));
    neighbours[1].weights.push_back(std::max(-distance, 0.0));
    neighbours[2].weights.push_back(std::max(distance, 0.0));
  }
  return neighbours;
}

// One dimension after the other, with the elements of a dimension of one as they are.
Value* interpolate(Builder& b, Value* x, const std::vector<int64_t>& factor) {
  for (size_t i = 0; i < factor.size(); ++i) {
    if (x->type.shape[2 + i] == 1 || factor[i] == 1) continue;
    x = sum_of_neighbours(b, x, static_cast<int64_t>(2 + i), neighbours_of(factor[i]));
  }
  return x;
}

// x [N,C,H,W] → y [N,C,H*factor,W*factor]
Result<Value*> lower_upsample(LayerScope& scope) {
  MINNOW_TRY(scope.expect_space());
  const spec::Upsample& upsample = scope.layer().upsample();
  const size_t dims = scope.space().size();
  MINNOW_TRY(check_value_count(scope, "factor", upsample.factor(), dims));
  std::vector<int64_t> factor = per_dimension(upsample.factor(), dims);
  Shape result = scope.input_shape();
  for (size_t i = 0; i < dims; ++i) result[2 + i] *= factor[i];
  MINNOW_TRY(scope.admit_output(result));

  Builder& b = scope.builder();
  Value* x = scope.input();
  if (upsample.mode() == spec::Upsample::LINEAR) {
    x = interpolate(b, x, factor);
    for (size_t i = 0; i < dims; ++i) factor[i] = result[2 + i] / x->type.shape[2 + i];  // what is left: copies of one
  }
  return x->type.shape == result ? x : b.reshape(repeat(b, x, factor), result);
}

}  // namespace

const LayerRule kUpsampleRule = {.lower = lower_upsample};

}  // namespace minnow

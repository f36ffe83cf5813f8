#include <algorithm>
#include <cmath>

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/axis.h"
#include "frontend/lower/window_geometry.h"

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
// or of the one before if it is negative, and the rest of element i. An element that does not exist is the outermost.
// Along dimension `dim`: [...,n,...] → [...,n,factor,...]
Value* interpolate(Builder& b, Value* x, size_t dim, int64_t factor) {
  const auto along = static_cast<int64_t>(dim);
  const int64_t n = x->type.dim(along);
  Value* before = b.concat({b.slice(x, along, 0, 1), b.slice(x, along, 0, n - 1)}, along);
  Value* behind = b.concat({b.slice(x, along, 1, n), b.slice(x, along, n - 1, n)}, along);
  std::vector<double> of_before, of_here, of_behind;
  for (int64_t copy = 0; copy < factor; ++copy) {
    const double distance = (static_cast<double>(copy) + 0.5) / static_cast<double>(factor) - 0.5;
    of_before.push_back(std::max(-distance, 0.0));
    of_behind.push_back(std::max(distance, 0.0));
    of_here.push_back(1 - std::abs(distance));
  }
  Shape copies = x->type.shape;
  copies.insert(copies.begin() + along + 1, factor);
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < std::ssize(copies); ++i)
    if (i != along + 1) dims.push_back(i);
  const auto weigh = [&](Value* y, std::vector<double> shares) {
    Value* share = b.constant({DType::kF32, {factor}}, std::move(shares));
    return b.mul(b.broadcast(y, dims, copies), b.broadcast(share, {along + 1}, copies));
  };
  return b.add(b.add(weigh(x, of_here), weigh(before, of_before)), weigh(behind, of_behind));
}

// One dimension after the other, with the elements of a dimension of one as they are.
Value* interpolate(Builder& b, Value* x, const std::vector<int64_t>& factor) {
  for (size_t i = 0; i < factor.size(); ++i) {
    Shape shape = x->type.shape;
    if (shape[2 + i] == 1 || factor[i] == 1) continue;
    Value* copies = interpolate(b, x, 2 + i, factor[i]);
    shape[2 + i] *= factor[i];
    x = b.reshape(copies, shape);
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

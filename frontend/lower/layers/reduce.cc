#include <algorithm>

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/axis.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

Result<std::vector<int64_t>> dims_of(const LayerScope& scope) {
  std::vector<int64_t> dims;
  const auto& axes = scope.layer().reduce().axes();
  for (int64_t dim = 1; axes.empty() && dim < std::ssize(scope.input_shape()); ++dim) dims.push_back(dim);
  for (const int64_t axis : axes) {
    MINNOW_ASSIGN(const int64_t dim, input_axis(scope, "axes", axis));
    if (std::ranges::find(dims, dim) != dims.end()) return scope.complain("axes", "axis {} is named twice", axis);
    dims.push_back(dim);
  }
  std::ranges::sort(dims);
  return dims;
}

Value* apply(Builder& b, spec::Reduce::Function function, Value* x, const std::vector<int64_t>& dims) {
  switch (function) {
    case spec::Reduce::SUM: return b.reduce_sum(x, dims);
    case spec::Reduce::MAX: return b.reduce_max(x, dims);
    case spec::Reduce::MIN: return b.neg(b.reduce_max(b.neg(x), dims));
    default: return b.reduce_mean(x, dims);
  }
}

Result<Value*> lower_reduce(LayerScope& scope) {
  const spec::Reduce& reduce = scope.layer().reduce();
  MINNOW_ASSIGN(const std::vector<int64_t> dims, dims_of(scope));
  Value* x = scope.input();
  Shape shape;
  for (int64_t dim = 0; dim < x->type.rank(); ++dim) {
    const bool goes = std::ranges::binary_search(dims, dim);
    if (!goes || reduce.keep()) shape.push_back(goes ? 1 : x->type.dim(dim));
  }
  if (shape.size() == 1) shape.push_back(1);  // every layer has a dimension beside that of the examples
  MINNOW_TRY(scope.admit_output(shape));
  scope.add_flops(static_cast<double>(x->type.elements() / x->type.dim(0)));
  Value* result = apply(scope.builder(), reduce.function(), x, dims);
  return result->type.shape == shape ? result : scope.builder().reshape(result, shape);
}

Status check_reduce_generation(const LayerScope& scope) {
  const auto& axes = scope.layer().reduce().axes();
  if (axes.empty()) return scope.mixes_positions("axes", "it reduces all axes, that of the positions among them");
  for (const int64_t axis : axes) MINNOW_TRY(goes_along(scope, "axes", axis));
  return {};
}

}  // namespace

const LayerRule kReduceRule = {.lower = lower_reduce, .check_generation = check_reduce_generation};

}  // namespace minnow

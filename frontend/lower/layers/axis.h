// A dimension of an example as a model file names it: counted without the batch, negative from the end.
#pragma once

#include "frontend/lower/layer_scope.h"

namespace minnow {

// The dimension of the input's tensor, whose dimension 0 is the batch; an error at `field` if there is none such.
inline Result<int64_t> input_axis(const LayerScope& scope, std::string_view field, int64_t axis) {
  const int64_t dimensions = std::ssize(scope.input_shape()) - 1;
  if (axis >= -dimensions && axis < dimensions) return axis + 1 + (axis < 0 ? dimensions : 0);
  return scope.complain(field, "axis {} is not one of the {} dimensions of its input {}{}", axis, dimensions,
                        scope.example_shape(), scope.from());
}

// Elements [start, limit) of x along `dim`, every `stride`-th.
inline Value* slice_along(Builder& builder, Value* x, int64_t dim, int64_t start, int64_t limit, int64_t stride = 1) {
  const Shape& shape = x->type.shape;
  SliceAttributes slice{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
  const auto d = static_cast<size_t>(dim);
  slice.start[d] = start;
  slice.limit[d] = limit;
  slice.stride[d] = stride;
  return builder.slice(x, std::move(slice));
}

}  // namespace minnow

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

}  // namespace minnow

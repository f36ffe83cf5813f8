// What layers say of generation (LayerRule::check_generation) that have no memory.
#pragma once

#include "frontend/lower/layer_rule.h"

namespace minnow {

// The layer goes through its inputs element by element, or leaves them as they are.
inline Status goes_by_elements(const LayerScope&) { return {}; }

// It works on the last dimension, which must not be that of the positions.
inline Status goes_by_vectors(const LayerScope& scope) {
  if (scope.input_shape().size() > 2) return {};
  return scope.mixes_positions("", "its input is one number for each position, and it combines those");
}

// It works along one dimension of an example, named by `field`.
inline Status goes_along(const LayerScope& scope, std::string_view field, int64_t axis) {
  const int64_t dimensions = std::ssize(scope.input_shape()) - 1;
  if (axis + (axis < 0 ? dimensions : 0) != 0) return {};
  return scope.mixes_positions(field, "axis 0 is that of the positions");
}

}  // namespace minnow

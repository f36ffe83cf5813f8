// Which axes a Reduce... goes over.
#pragma once

#include "frontend/onnx/node_scope.h"

namespace minnow {

// All without a word, unless the node then does nothing.
inline Dims reduced_axes(const NodeScope& n) {
  const Dims all = n.whole("noop_with_empty_axes") != 0 ? Dims() : first_dims(n.rank());
  const Dims axes = n.axes(1, n.rank(), all);
  return axes.empty() ? all : axes;
}

}  // namespace minnow

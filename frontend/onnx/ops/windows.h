// Convolutions and poolings: where their windows lie, however the node says it.
#pragma once

#include "frontend/onnx/node_scope.h"

namespace minnow {

// One dimension of space.
struct WindowAxis {
  int64_t size;  // of the input
  int64_t kernel;
  int64_t stride;
  int64_t dilation;
  int64_t low = 0;  // padding, from pads or auto_pad
  int64_t high = 0;
  int64_t output = 0;
  int64_t beyond = 0;  // that the last window of a pooling with ceil_mode reaches past all of this

  int64_t span() const { return dilation * (kernel - 1) + 1; }
};

// Of input 0 [N,C,...] and a kernel of these sizes. Refuses windows that do not fit.
std::vector<WindowAxis> window_axes(const NodeScope& n, const Dims& kernel);

// A list of one number per dimension of space, or this number for each.
Dims per_axis(const NodeScope& n, std::string_view name, size_t count, int64_t otherwise);

}  // namespace minnow

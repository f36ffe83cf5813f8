// Convolutions of any number of dimensions of space, of operands that are floats.
#pragma once

#include "frontend/onnx/node_scope.h"

namespace minnow {

// x and w as the node's inputs 0 and 1 are, or what was made of them; without a bias.
Value* convolution(NodeScope& n, Value* x, Value* w);
// bias [O] added to y [N,O,...].
Value* with_bias(GraphBuilder& b, Value* y, Value* bias);

}  // namespace minnow

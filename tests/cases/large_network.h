// Networks as large as one likes, for tests that what is done with them takes time in proportion.
#pragma once

#include <memory>
#include <string>

#include "ir/function.h"

namespace minnow {

// "dense": fully connected layers with ReLU. "batch_norm": convolutions, batch norm and ReLU. "residual": behind a
// convolution, v = v + silu(v). "tanh": the same with tanh behind a dense layer. "branches": v = concat of two dense
// layers of v.
std::string large_model(const std::string& kind, int blocks);

// Its training step for 32 examples, before any pass.
std::unique_ptr<Function> large_step(const std::string& kind, int blocks);

}  // namespace minnow

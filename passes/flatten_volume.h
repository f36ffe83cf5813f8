// Convolutions and windows over volumes as ones over images; flatten_space.h says how.
#pragma once

#include "ir/builder.h"

namespace minnow {

// The value that stands for the op's result. nullptr for an op on nothing, or where the images would be too large:
// those stay, and run as they are.
Value* flatten_volume(const Op& op, Builder& b);

}  // namespace minnow

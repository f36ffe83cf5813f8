// Valid model files drawn at random: every kind of layer, odd sizes, residual connections, every loss and optimiser.
#pragma once

#include <cstdint>

#include "frontend/schema/model.pb.h"

namespace minnow::proof {

Model draw_model(uint32_t seed);

}  // namespace minnow::proof

// Draws the first values of a weight.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/schema/layers.pb.h"
#include "ir/type.h"

namespace minnow {

// How to draw one weight. fan_in and fan_out are defined at spec::Initializer.
struct WeightInit {
  spec::Initializer initializer;
  int64_t fan_in = 1;
  int64_t fan_out = 1;
  // In place of all that, values that a file has.
  std::shared_ptr<const std::vector<float>> values = nullptr;
};

// The values in row-major order. They depend on the seed, the name and the index of an element alone, so a
// weight comes out the same whatever else the model holds. The initializer has its defaults filled in.
std::vector<float> initialize_weight(const WeightInit& init, const std::string& name, const Shape& shape,
                                     uint32_t seed);

// 32-bit FNV-1a: the random stream of whatever has this name.
uint32_t stream_of(std::string_view name);

}  // namespace minnow

#include "ir/random.h"

#include <cmath>
#include <numbers>

namespace minnow {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53;
  constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9;
  constexpr uint32_t kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0];
    const uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

uint32_t RandomSequence::bits(uint64_t index) const {
  const uint64_t block = index / 4;
  return philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), step, 0},
                    {seed, stream})[index % 4];
}

float RandomSequence::uniform(uint64_t index) const { return static_cast<float>(bits(index) >> 8) * 0x1p-24F; }

double RandomSequence::normal(uint64_t index) const {
  const double radius_draw = (static_cast<double>(bits(2 * index)) + 1.0) * 0x1p-32;  // (0, 1]
  const double angle_draw = static_cast<double>(bits(2 * index + 1)) * 0x1p-32;
  return std::sqrt(-2.0 * std::log(radius_draw)) * std::cos(2.0 * std::numbers::pi * angle_draw);
}

}  // namespace minnow

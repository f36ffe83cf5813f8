// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11).
// A number depends only on (seed, stream, step, index), never on what was drawn before it or by which thread.
#pragma once

#include <array>
#include <cstdint>

namespace minnow {

// One Philox block: four independent 32-bit words for a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// Identifies one sequence. `seed` is the user's; `stream` tells apart the sequences of one seed (a weight, a dropout
// layer, the shuffle); `step` is the training step or epoch.
struct RandomSequence {
  uint32_t seed = 0;
  uint32_t stream = 0;
  uint32_t step = 0;

  uint32_t bits(uint64_t index) const;  // uniform 32-bit word: word index % 4 of block index / 4
  float uniform(uint64_t index) const;  // [0, 1), the top 24 bits times 2^-24
  double normal(uint64_t index) const;  // mean 0, deviation 1, by Box-Muller over words 2*index, 2*index + 1
};

}  // namespace minnow

// The order in which an epoch visits its examples.
#pragma once

#include <cstdint>
#include <vector>

namespace minnow {

// A permutation of [0, count), by Fisher and Yates with counter-based draws: depends only on (count, seed,
// epoch), so that a resumed run goes on in the same order. 0 <= count < 2^31.
std::vector<int32_t> shuffled_order(int64_t count, uint32_t seed, uint32_t epoch);
// 0, 1, ..., count - 1.
std::vector<int32_t> file_order(int64_t count);

}  // namespace minnow

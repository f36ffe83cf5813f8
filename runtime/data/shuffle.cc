#include "runtime/data/shuffle.h"

#include <cstddef>
#include <numeric>
#include <utility>

#include "ir/random.h"
#include "runtime/random_streams.h"

namespace minnow {

std::vector<int32_t> file_order(int64_t count) {
  std::vector<int32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

std::vector<int32_t> shuffled_order(int64_t count, uint32_t seed, uint32_t epoch) {
  const RandomSequence random{seed, kShuffleStream, epoch};
  std::vector<int32_t> order = file_order(count);
  for (size_t i = order.size(); i > 1; --i) {
    // Multiply and shift instead of a remainder: the bias is below i / 2^32 and there is no division.
    const size_t j = (uint64_t{random.bits(i)} * i) >> 32;
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

}  // namespace minnow

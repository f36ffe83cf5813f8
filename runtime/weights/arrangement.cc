#include "runtime/weights/arrangement.h"

#include <algorithm>

namespace minnow {
namespace {

// Calls `visit(ours)` with the place in the weight of each element of the tensor, in the tensor's order.
template <typename Visit>
void walk(const Arrangement& arrangement, const Visit& visit) {
  const std::vector<int64_t> strides = row_major_strides(arrangement.split);
  std::vector<int64_t> sizes, steps;
  for (const int64_t dim : arrangement.order) {
    sizes.push_back(arrangement.split[static_cast<size_t>(dim)]);
    steps.push_back(strides[static_cast<size_t>(dim)]);
  }
  const auto at = [&](size_t i, int64_t index) {
    const bool swaps = arrangement.swapped == arrangement.order[i] && index < 2;
    return (swaps ? 1 - index : index) * steps[i];
  };
  const auto go = [&](auto&& self, size_t i, int64_t base) -> void {
    if (i == sizes.size()) return visit(base);
    for (int64_t index = 0; index < sizes[i]; ++index) self(self, i + 1, base + at(i, index));
  };
  go(go, 0, 0);
}

}  // namespace

bool Arrangement::is_same() const {
  std::vector<int64_t> moved = order;
  std::erase_if(moved, [&](int64_t dim) { return split[static_cast<size_t>(dim)] == 1; });
  return !swapped && std::ranges::is_sorted(moved);
}

std::string_view Arrangement::description() const {
  if (is_same()) return "";
  return order == std::vector<int64_t>{1, 0} && !swapped ? "transposed" : "in another order";
}

Tensor to_theirs(const Tensor& ours, const Arrangement& arrangement) {
  Tensor theirs = Tensor::uninitialized({DType::kF32, arrangement.theirs});
  const std::span<const float> from = ours.as<float>();
  float* to = theirs.as<float>().data();
  walk(arrangement, [&](int64_t at) { *to++ = from[static_cast<size_t>(at)]; });
  return theirs;
}

Tensor to_ours(const Tensor& theirs, const Arrangement& arrangement, const Shape& shape) {
  Tensor ours = Tensor::uninitialized({DType::kF32, shape});
  const std::span<float> to = ours.as<float>();
  const float* from = theirs.as<float>().data();
  walk(arrangement, [&](int64_t at) { to[static_cast<size_t>(at)] = *from++; });
  return ours;
}

}  // namespace minnow

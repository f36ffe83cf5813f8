#include "passes/pointwise.h"

#include <algorithm>

#include "ir/windows.h"

namespace minnow {
namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kIdleParts = 4;

}  // namespace

bool fill_vectors(int64_t count) {
  const int64_t lanes = ceil_div(count, kLanes) * kLanes;
  return lanes - count <= lanes / kIdleParts;
}

bool is_pointwise(const Op& op) {
  if (space_dims(op) != 2 || op.type().elements() == 0) return false;
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  return conv.groups == 1 && w[2] == 1 && w[3] == 1 && w[1] > 0 &&
         std::ranges::all_of(conv.stride, [](int64_t stride) { return stride == 1; }) &&
         std::ranges::all_of(conv.pad, [](int64_t pad) { return pad == 0; });
}

}  // namespace minnow

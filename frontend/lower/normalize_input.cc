#include "frontend/lower/normalize_input.h"

#include <algorithm>

#include "frontend/lower/composites.h"

namespace minnow {
namespace {

// One number, or one per channel, as a value that can be combined with x [N,C,...].
Value* per_channel(Builder& b, const std::vector<double>& values, const TensorType& type) {
  const bool is_same = std::equal(values.begin() + 1, values.end(), values.begin());
  if (is_same) return b.constant(type, values[0]);
  Value* channels = b.constant({DType::kF32, {type.dim(1)}}, values);
  return broadcast_along(b, channels, 1, type.shape);
}

}  // namespace

Value* normalize_input(Builder& b, Value* x, const spec::Data::Normalize& normalize) {
  const auto pick = [](const auto& values, int i) { return values[std::min(i, values.size() - 1)]; };
  const int channels = std::max(normalize.mean_size(), normalize.deviation_size());
  const double scale = normalize.has_scale() ? normalize.scale() : 1;
  std::vector<double> factor, shift;
  for (int i = 0; i < channels; ++i) {
    factor.push_back(scale / pick(normalize.deviation(), i));
    shift.push_back(-pick(normalize.mean(), i) / pick(normalize.deviation(), i));
  }
  const auto all = [](const std::vector<double>& values, double wanted) {
    return std::all_of(values.begin(), values.end(), [=](double value) { return value == wanted; });
  };
  if (!all(factor, 1)) x = b.mul(x, per_channel(b, factor, x->type));
  if (!all(shift, 0)) x = b.add(x, per_channel(b, shift, x->type));
  return x;
}

}  // namespace minnow

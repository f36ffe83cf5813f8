// The arrangements that layouts stand for.
#include <algorithm>
#include <numeric>

#include "runtime/weights/name_table.h"

namespace minnow {
namespace {

using Arranged = std::optional<Arrangement>;

std::vector<int64_t> in_order(size_t dims) {
  std::vector<int64_t> order(dims);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Arranged as_it_is(const Shape& shape, Shape theirs) {
  return Arrangement{shape, in_order(shape.size()), std::move(theirs)};
}

Shape permuted(const Shape& shape, const std::vector<int64_t>& order) {
  Shape result;
  for (const int64_t dim : order) result.push_back(shape[static_cast<size_t>(dim)]);
  return result;
}

Arranged same(const LayerWeight& weight) { return as_it_is(weight.shape, weight.shape); }

Arranged transposed(const LayerWeight& weight) {
  if (weight.shape.size() != 2) return std::nullopt;
  return Arrangement{weight.shape, {1, 0}, {weight.shape[1], weight.shape[0]}};
}

Arranged not_square(const LayerWeight& weight) {
  if (weight.shape.size() != 2 || weight.shape[0] == weight.shape[1]) return std::nullopt;
  return same(weight);
}

Arranged channels_last(const LayerWeight& weight) {
  std::vector<int64_t> order = in_order(weight.shape.size());
  std::rotate(order.begin(), order.begin() + 2, order.end());
  std::swap(order[order.size() - 2], order.back());
  return Arrangement{weight.shape, order, permuted(weight.shape, order)};
}

int64_t groups_of(const spec::Layer& layer) {
  return layer.has_conv1d() ? layer.conv1d().groups() : layer.has_conv2d() ? layer.conv2d().groups() : 1;
}

Arranged depthwise(const LayerWeight& weight) {
  const int64_t groups = groups_of(*weight.spec);
  if (weight.shape[1] != 1 || groups < 2) return std::nullopt;
  Shape split = weight.shape;
  split[1] = split[0] / groups;
  split[0] = groups;
  std::vector<int64_t> order = in_order(split.size());
  std::rotate(order.begin(), order.begin() + 2, order.end());
  return Arrangement{split, order, permuted(split, order)};
}

Arranged flattened(const LayerWeight& weight) {
  if (weight.flattened.empty() || element_count(weight.flattened) != weight.shape[0]) return same(weight);
  Shape split = weight.flattened;
  const size_t dims = split.size();
  split.insert(split.end(), weight.shape.begin() + 1, weight.shape.end());
  std::vector<int64_t> order = in_order(split.size());
  std::rotate(order.begin(), order.begin() + 1, order.begin() + static_cast<std::ptrdiff_t>(dims));
  return Arrangement{split, order, weight.shape};
}

int64_t width_of(const LayerWeight& weight, int64_t all) {
  const spec::Attention& spec = weight.spec->attention();
  const bool is_query = weight.suffix.starts_with("query") || weight.suffix.starts_with("out");
  const int64_t heads = is_query || !spec.has_key_value_heads() ? spec.heads() : spec.key_value_heads();
  return all / heads;
}

Arranged heads(const LayerWeight& weight) {
  Shape theirs = weight.shape;
  const int64_t width = width_of(weight, theirs.back());
  theirs.back() /= width;
  theirs.push_back(width);
  return as_it_is(weight.shape, std::move(theirs));
}

Arranged heads_first(const LayerWeight& weight) {
  const int64_t width = width_of(weight, weight.shape[0]);
  return as_it_is(weight.shape, {weight.shape[0] / width, width, weight.shape[1]});
}

// [...,3*U] → [...,3,U]
Shape in_gates(const Shape& shape) {
  Shape split = shape;
  split.back() /= 3;
  split.insert(split.end() - 1, 3);
  return split;
}

Arranged gates_swapped(const LayerWeight& weight) {
  const Shape split = in_gates(weight.shape);
  return Arrangement{split, in_order(split.size()), weight.shape, std::ssize(split) - 2};
}

Arranged gates_swapped_transposed(const LayerWeight& weight) {
  return Arrangement{in_gates(weight.shape), {1, 2, 0}, {weight.shape[1], weight.shape[0]}, 1};
}

}  // namespace

std::optional<Arrangement> arrange(WeightLayout layout, const LayerWeight& weight) {
  switch (layout) {
    case WeightLayout::kSame: return same(weight);
    case WeightLayout::kTransposed: return transposed(weight);
    case WeightLayout::kNotSquare: return not_square(weight);
    case WeightLayout::kChannelsLast: return channels_last(weight);
    case WeightLayout::kDepthwise: return depthwise(weight);
    case WeightLayout::kFlattened: return flattened(weight);
    case WeightLayout::kHeads: return heads(weight);
    case WeightLayout::kHeadsFirst: return heads_first(weight);
    case WeightLayout::kGatesSwapped: return gates_swapped(weight);
    case WeightLayout::kGatesSwappedTransposed: return gates_swapped_transposed(weight);
  }
  return std::nullopt;
}

}  // namespace minnow

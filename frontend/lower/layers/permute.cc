// The dimensions of an example in another order.
#include <algorithm>

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

Status check_permute(const LayerFields& fields) {
  const auto& order = fields.layer().permute().order();
  for (int i = 0; i < order.size(); ++i)
    if (std::ranges::count(order, i) != 1)
      return fields.complain("order", "{} dimensions in order are 0 to {}, each once", order.size(), order.size() - 1);
  return {};
}

Result<Value*> lower_permute(LayerScope& scope) {
  const auto& order = scope.layer().permute().order();
  const size_t dimensions = scope.input_shape().size() - 1;
  if (static_cast<size_t>(order.size()) != dimensions)
    return scope.complain("order", "its input {}{} has {} dimensions, not {}", scope.example_shape(), scope.from(),
                          dimensions, order.size());
  std::vector<int64_t> permutation = {0};
  for (const int64_t dim : order) permutation.push_back(dim + 1);
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  return scope.builder().transpose(scope.input(), permutation);
}

Status check_permute_generation(const LayerScope& scope) {
  if (scope.layer().permute().order(0) == 0) return {};
  return scope.mixes_positions("order", "positions, dimension 0 of its input, go elsewhere");
}

}  // namespace

const LayerRule kPermuteRule = {
    .lower = lower_permute, .check = check_permute, .takes_tokens = true, .check_generation = check_permute_generation};

}  // namespace minnow

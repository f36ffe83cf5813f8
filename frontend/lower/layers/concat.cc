#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

Result<Value*> lower_concat(LayerScope& scope) {
  const auto dim = static_cast<size_t>(scope.layer().concat().axis()) + 1;
  Shape joined = scope.input_shape();
  if (dim >= joined.size())
    return scope.complain("axis", "axis {} is not one of the {} dimensions of its input {}{}", dim - 1,
                          joined.size() - 1, scope.example_shape(), scope.from());
  for (size_t i = 1; i < scope.inputs().size(); ++i) {
    Shape other = scope.input_shape(i);
    if (other.size() == joined.size()) other[dim] = joined[dim];
    if (other != joined)
      return scope.complain("", "its inputs differ outside axis {}: {}{} and {}{}", dim - 1, scope.example_shape(),
                            scope.from(), scope.example_shape(i), scope.from(static_cast<int>(i)));
    if (scope.input(i)->type.dtype != scope.input()->type.dtype)
      return scope.complain("", "one of its inputs holds tokens, the other numbers: {}{} and {}{}",
                            scope.example_shape(), scope.from(), scope.example_shape(i),
                            scope.from(static_cast<int>(i)));
    joined[dim] += scope.input_shape(i)[dim];
  }
  MINNOW_TRY(scope.admit_output(joined));
  return scope.builder().concat(scope.inputs(), static_cast<int64_t>(dim));
}

Status check_concat_generation(const LayerScope& scope) {
  return goes_along(scope, "axis", scope.layer().concat().axis());
}

}  // namespace

const LayerRule kConcatRule = {
    .lower = lower_concat, .takes_tokens = true, .check_generation = check_concat_generation};

}  // namespace minnow

// Layers that rearrange or join their inputs.
#include <algorithm>

#include "frontend/lower/lower_layer.h"

namespace minnow {

Result<Value*> lower_flatten(LayerScope& scope) {
  Value* x = scope.input();
  if (x->type.rank() == 2) return x;
  return scope.builder().reshape(x, {x->type.dim(0), x->type.elements() / x->type.dim(0)});
}

Result<Value*> lower_reshape(LayerScope& scope) {
  const int64_t batch = scope.input_shape()[0];
  const int64_t elements = scope.input()->type.elements() / batch;
  const auto& wanted = scope.layer().reshape().shape();
  if (wanted.size() > kMaxRank - 1)
    return scope.complain("shape", "{} dimensions are more than the {} allowed", wanted.size(), kMaxRank - 1);

  Shape example(wanted.begin(), wanted.end());
  const auto rest = std::find(example.begin(), example.end(), -1);
  if (rest != example.end()) *rest = 1;
  const auto count = checked_element_count(example);
  const bool divides = count && elements % *count == 0;
  if (!divides || (rest == example.end() && *count != elements))
    return scope.complain("shape", "its input {}{} has {} elements and cannot take the shape {}", scope.example_shape(),
                          scope.from(), elements, shape_to_string(Shape(wanted.begin(), wanted.end())));
  if (rest != example.end()) *rest = elements / *count;
  example.insert(example.begin(), batch);
  return scope.builder().reshape(scope.input(), example);
}

Result<Value*> lower_add_or_mul(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  const OpKind kind = scope.layer().has_add() ? OpKind::kAdd : OpKind::kMultiply;
  Value* result = scope.input();
  for (size_t i = 1; i < scope.inputs().size(); ++i) {
    if (scope.input_shape(i) != scope.input_shape())
      return scope.complain("", "its inputs have different shapes: {}{} and {}{}", scope.example_shape(), scope.from(),
                            scope.example_shape(i), scope.from(static_cast<int>(i)));
    result = scope.builder().create(kind, {result, scope.input(i)});
  }
  scope.add_flops(static_cast<double>(result->type.elements() / result->type.dim(0)) *
                  static_cast<double>(scope.inputs().size() - 1));
  return result;
}

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
    joined[dim] += scope.input_shape(i)[dim];
  }
  MINNOW_TRY(scope.admit_output(joined));
  return scope.builder().concat(scope.inputs(), static_cast<int64_t>(dim));
}

}  // namespace minnow

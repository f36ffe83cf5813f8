// The same elements in another shape.
#include <algorithm>

#include "frontend/lower/layer_rule.h"

namespace minnow {
namespace {

Status check_reshape(const LayerFields& fields) {
  const auto& shape = fields.layer().reshape().shape();
  if (std::count(shape.begin(), shape.end(), -1) > 1)
    return fields.complain("shape", "only one dimension can be -1, whatever is left");
  if (std::count(shape.begin(), shape.end(), 0) > 0)
    return fields.complain("shape", "a dimension is 0, so the tensor would be empty");
  return {};
}

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

}  // namespace

const LayerRule kFlattenRule = {.lower = lower_flatten, .takes_tokens = true};
const LayerRule kReshapeRule = {.lower = lower_reshape, .check = check_reshape, .takes_tokens = true};

}  // namespace minnow

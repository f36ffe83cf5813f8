// Layers that combine their inputs element by element.
#include <algorithm>
#include <optional>

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

// The shape in which each dimension that is 1 in one of the two has the size of the other. A vector [N,C] beside an
// image is [N,C,1,1], beside a volume [N,C,1,1,1]; between other ranks it is open which dimensions belong together.
std::optional<Shape> common_shape(const Shape& one, const Shape& other) {
  if (one.size() > other.size()) return common_shape(other, one);
  Shape result = one;
  if (one.size() == 2 && (other.size() == 4 || other.size() == 5)) {
    if (one[1] != other[1] && one[1] != 1) return std::nullopt;  // more numbers than channels
    result.resize(other.size(), 1);
  }
  if (result.size() != other.size()) return std::nullopt;
  for (size_t dim = 0; dim < other.size(); ++dim) {
    if (result[dim] != other[dim] && result[dim] != 1 && other[dim] != 1) return std::nullopt;
    result[dim] = std::max(result[dim], other[dim]);
  }
  return result;
}

// Of all inputs, any two of which fit each other.
Result<Shape> common_shape(LayerScope& scope) {
  Shape result = scope.input_shape();
  for (size_t i = 1; i < scope.inputs().size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      if (!common_shape(scope.input_shape(j), scope.input_shape(i)))
        return scope.complain("", "its inputs have different shapes: {}{} and {}{}", scope.example_shape(j),
                              scope.from(static_cast<int>(j)), scope.example_shape(i), scope.from(static_cast<int>(i)));
    result = *common_shape(result, scope.input_shape(i));
  }
  return result;
}

Result<Value*> lower_add_mul(LayerScope& scope, OpKind kind) {
  MINNOW_ASSIGN(const Shape shape, common_shape(scope));
  MINNOW_TRY(scope.admit_output(shape));
  Builder& b = scope.builder();
  Value* result = repeat_to(b, scope.input(), shape);
  for (size_t i = 1; i < scope.inputs().size(); ++i)
    result = b.create(kind, {result, repeat_to(b, scope.input(i), shape)});
  scope.add_flops(static_cast<double>(result->type.elements() / result->type.dim(0)) *
                  static_cast<double>(scope.inputs().size() - 1));
  return result;
}

Result<Value*> lower_add(LayerScope& scope) { return lower_add_mul(scope, OpKind::kAdd); }
Result<Value*> lower_mul(LayerScope& scope) { return lower_add_mul(scope, OpKind::kMultiply); }

}  // namespace

const LayerRule kAddRule = {.lower = lower_add, .check_generation = goes_by_elements};
const LayerRule kMulRule = {.lower = lower_mul, .check_generation = goes_by_elements};

}  // namespace minnow

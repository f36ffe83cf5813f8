#include "frontend/lower/layer_rule.h"

namespace minnow {
namespace {

Result<Value*> lower(LayerScope& scope, OpKind kind) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
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

Result<Value*> lower_add(LayerScope& scope) { return lower(scope, OpKind::kAdd); }
Result<Value*> lower_mul(LayerScope& scope) { return lower(scope, OpKind::kMultiply); }

}  // namespace

const LayerRule kAddRule = {.lower = lower_add};
const LayerRule kMulRule = {.lower = lower_mul};

}  // namespace minnow

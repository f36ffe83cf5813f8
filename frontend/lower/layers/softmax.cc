#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

void declare(LayerScope& scope, std::string_view of_one) {
  scope.normalizes({.values = scope.input_shape().back(),
                    .of_one = of_one,
                    .remedy = "two classes need two units, or one unit with a sigmoid"});
}

Result<Value*> lower_softmax(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  declare(scope, "1");
  return softmax(scope.builder(), scope.input(), scope.layer().softmax().form());
}

Result<Value*> lower_log_softmax(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  declare(scope, "0");
  return log_softmax(scope.builder(), scope.input());
}

}  // namespace

const LayerRule kSoftmaxRule = {
    .lower = lower_softmax, .gives_probabilities = true, .check_generation = goes_by_vectors};
const LayerRule kLogSoftmaxRule = {.lower = lower_log_softmax, .check_generation = goes_by_vectors};

}  // namespace minnow

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

Result<Value*> lower_activation(LayerScope& scope) {
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  const spec::Activation& activation = scope.layer().activation();
  return activate(scope.builder(), scope.input(), activation.function(), activation.slope());
}

}  // namespace

const LayerRule kActivationRule = {.lower = lower_activation, .check_generation = goes_by_elements};

}  // namespace minnow

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/drop.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

Result<Value*> lower_dropout(LayerScope& scope) {
  const double rate = scope.layer().dropout().rate();
  if (scope.mode() == Mode::kTraining && rate != 0) MINNOW_TRY(scope.admit_output(scope.input_shape()));
  return drop(scope, scope.input(), rate);
}

}  // namespace

const LayerRule kDropoutRule = {.lower = lower_dropout, .check_generation = goes_by_elements};

}  // namespace minnow

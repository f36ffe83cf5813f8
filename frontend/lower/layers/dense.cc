#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/finish.h"

namespace minnow {
namespace {

// x [N,I], w [I,O] → y [N,O]
Result<Value*> lower(LayerScope& scope) {
  const spec::Dense& dense = scope.layer().dense();
  Value* x = scope.input();
  const int64_t batch = x->type.dim(0);
  const int64_t inputs = x->type.elements() / batch;
  const int64_t units = dense.units();
  MINNOW_TRY(scope.admit_output({batch, units}));
  if (x->type.rank() > 2) x = scope.builder().reshape(x, {batch, inputs});

  MINNOW_ASSIGN(Value * w, scope.weight("weight", {inputs, units}, {dense.weight_init(), inputs, units}));
  scope.add_flops(2.0 * static_cast<double>(inputs) * static_cast<double>(units));
  return finish(scope, scope.builder().dot(x, w), dense, 1, inputs, units);
}

}  // namespace

const LayerRule kDenseRule = {.lower = lower};

}  // namespace minnow

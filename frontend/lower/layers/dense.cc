#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/finish.h"
#include "frontend/lower/layers/one_position.h"
#include "ir/dot.h"

namespace minnow {
namespace {

// x [R,I], w [I,O] → y [R,O], where the R rows are examples or, in each of them, positions.
Result<Value*> lower_dense(LayerScope& scope) {
  const spec::Dense& dense = scope.layer().dense();
  Builder& b = scope.builder();
  const TensorType& x = scope.input()->type;
  const int64_t inputs = dense.per_position() ? x.shape.back() : x.elements() / x.dim(0);
  const int64_t rows = x.elements() / inputs;
  const int64_t units = dense.units();
  Shape output = {x.dim(0)};
  if (dense.per_position()) output.assign(x.shape.begin(), x.shape.end() - 1);
  output.push_back(units);
  MINNOW_TRY(scope.admit_output(output));

  MINNOW_ASSIGN(Value * w, scope.weight("weight", {inputs, units}, {dense.weight_init(), inputs, units}));
  scope.add_flops(2.0 * static_cast<double>(inputs) * static_cast<double>(units) *
                  static_cast<double>(rows / x.dim(0)));
  Value* product = b.dot(in_shape(scope.input(), {rows, inputs}, b), w);
  MINNOW_ASSIGN(Value * y, finish(scope, product, dense, 1, inputs, units));
  return in_shape(y, output, b);
}

Status check_dense_generation(const LayerScope& scope) {
  if (scope.layer().dense().per_position()) return goes_by_vectors(scope);
  return scope.mixes_positions("", "without per_position it combines all positions");
}

}  // namespace

const LayerRule kDenseRule = {.lower = lower_dense, .check_generation = check_dense_generation};

}  // namespace minnow

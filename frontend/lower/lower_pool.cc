#include "frontend/lower/lower_layer.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

Result<Value*> lower_window(LayerScope& scope, const spec::Pool& pool, OpKind kind) {
  MINNOW_TRY(scope.expect_image());
  MINNOW_ASSIGN(const WindowGeometry window, pool_geometry(scope, pool));
  const Shape& shape = scope.input_shape();
  MINNOW_TRY(scope.admit_output({shape[0], shape[1], window.output[0], window.output[1]}));
  scope.add_flops(static_cast<double>(shape[1] * window.output[0] * window.output[1]) *
                  static_cast<double>(window.kernel[0] * window.kernel[1]));
  return scope.builder().window(kind, scope.input(),
                                {.window = window.kernel, .stride = window.stride, .pad = window.pad, .shape = {}});
}

}  // namespace

Result<Value*> lower_max_pool(LayerScope& scope) {
  return lower_window(scope, scope.layer().max_pool(), OpKind::kWindowMax);
}

Result<Value*> lower_avg_pool(LayerScope& scope) {
  const spec::Pool& pool = scope.layer().avg_pool();
  MINNOW_ASSIGN(Value * sum, lower_window(scope, pool, OpKind::kWindowSum));
  const int64_t area = pool.kernel(0) * pool.kernel(pool.kernel_size() - 1);
  return scope.builder().mul(sum, 1.0 / static_cast<double>(area));
}

Result<Value*> lower_global_pool(LayerScope& scope) {
  MINNOW_TRY(scope.expect_image());
  MINNOW_TRY(scope.admit_output({scope.input_shape()[0], scope.input_shape()[1]}));
  scope.add_flops(static_cast<double>(scope.input()->type.elements() / scope.input_shape()[0]));
  return scope.layer().has_global_max_pool() ? scope.builder().reduce_max(scope.input(), {2, 3})
                                             : scope.builder().reduce_mean(scope.input(), {2, 3});
}

}  // namespace minnow

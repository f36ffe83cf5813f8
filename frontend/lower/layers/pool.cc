// Layers that take the largest or the mean of many elements of an image.
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

const spec::Pool& pool_of(const spec::Layer& layer) {
  return layer.has_max_pool() ? layer.max_pool() : layer.avg_pool();
}

// A window of nothing but padding would have no maximum.
Status check(const LayerFields& fields) {
  const spec::Pool& pool = pool_of(fields.layer());
  MINNOW_TRY(check_padding(fields, pool.padding(), pool.pad()));
  const std::array<int64_t, 2> kernel = pair_of(pool.kernel());
  const std::array<int64_t, 4> pad = explicit_pad(pool.pad());
  for (size_t side = 0; side < pad.size(); ++side)
    if (pad[side] >= kernel[side / 2])
      return fields.complain("pad", "pad {} must be less than the kernel, {}", pad[side], kernel[side / 2]);
  return {};
}

Result<Value*> lower_window(LayerScope& scope, OpKind kind) {
  MINNOW_TRY(scope.expect_image());
  MINNOW_ASSIGN(const WindowGeometry window, pool_geometry(scope, pool_of(scope.layer())));
  const Shape& shape = scope.input_shape();
  MINNOW_TRY(scope.admit_output({shape[0], shape[1], window.output[0], window.output[1]}));
  scope.add_flops(static_cast<double>(shape[1] * window.output[0] * window.output[1]) *
                  static_cast<double>(window.kernel[0] * window.kernel[1]));
  return scope.builder().window(kind, scope.input(),
                                {.window = window.kernel, .stride = window.stride, .pad = window.pad, .shape = {}});
}

Result<Value*> lower_max(LayerScope& scope) { return lower_window(scope, OpKind::kWindowMax); }

Result<Value*> lower_average(LayerScope& scope) {
  const spec::Pool& pool = scope.layer().avg_pool();
  MINNOW_ASSIGN(Value * sum, lower_window(scope, OpKind::kWindowSum));
  const int64_t area = pool.kernel(0) * pool.kernel(pool.kernel_size() - 1);
  return scope.builder().mul(sum, 1.0 / static_cast<double>(area));
}

Result<Value*> lower_global(LayerScope& scope) {
  MINNOW_TRY(scope.expect_image());
  MINNOW_TRY(scope.admit_output({scope.input_shape()[0], scope.input_shape()[1]}));
  scope.add_flops(static_cast<double>(scope.input()->type.elements() / scope.input_shape()[0]));
  return scope.layer().has_global_max_pool() ? scope.builder().reduce_max(scope.input(), {2, 3})
                                             : scope.builder().reduce_mean(scope.input(), {2, 3});
}

}  // namespace

const LayerRule kMaxPoolRule = {.lower = lower_max, .check = check};
const LayerRule kAvgPoolRule = {.lower = lower_average, .check = check};
const LayerRule kGlobalMaxPoolRule = {.lower = lower_global};
const LayerRule kGlobalAvgPoolRule = {.lower = lower_global};

}  // namespace minnow

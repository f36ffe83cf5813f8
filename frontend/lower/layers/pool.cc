// Layers that take the largest or the mean of many elements of an image, a sequence or a volume.
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

const spec::Pool& pool_of(const spec::Layer& layer) {
  return layer.has_max_pool() ? layer.max_pool() : layer.avg_pool();
}

// A window of nothing but padding would have no maximum.
Status check_window(const LayerScope& scope, const spec::Pool& pool) {
  const size_t dims = scope.space().size();
  MINNOW_TRY(check_value_count(scope, "kernel", pool.kernel(), dims));
  MINNOW_TRY(check_value_count(scope, "stride", pool.stride(), dims));
  MINNOW_TRY(check_padding(scope, pool.padding(), pool.pad(), dims));
  const std::vector<int64_t> kernel = per_dimension(pool.kernel(), dims);
  const std::vector<int64_t> pad = explicit_pad(pool.pad(), dims);
  for (size_t side = 0; side < pad.size(); ++side)
    if (pad[side] >= kernel[side / 2])
      return scope.complain("pad", "pad {} must be less than the kernel, {}", pad[side], kernel[side / 2]);
  return {};
}

// x [N,C,S...] → y [N,C,OS...]
Result<Value*> lower_window(LayerScope& scope, OpKind kind) {
  MINNOW_TRY(scope.expect_space());
  MINNOW_TRY(check_window(scope, pool_of(scope.layer())));
  MINNOW_ASSIGN(const WindowGeometry window, pool_geometry(scope, pool_of(scope.layer())));
  Shape result = {scope.input_shape()[0], scope.input_shape()[1]};
  result.insert(result.end(), window.output.begin(), window.output.end());
  MINNOW_TRY(scope.admit_output(result));
  scope.add_flops(static_cast<double>(element_count({result.begin() + 1, result.end()})) *
                  static_cast<double>(product(window.kernel)));
  return scope.builder().window(kind, scope.input(),
                                {.window = window.kernel, .stride = window.stride, .pad = window.pad, .shape = {}});
}

Result<Value*> lower_max(LayerScope& scope) { return lower_window(scope, OpKind::kWindowMax); }

Result<Value*> lower_average(LayerScope& scope) {
  MINNOW_ASSIGN(Value * sum, lower_window(scope, OpKind::kWindowSum));
  const int64_t places = product(per_dimension(scope.layer().avg_pool().kernel(), scope.space().size()));
  return scope.builder().mul(sum, 1.0 / static_cast<double>(places));
}

Result<Value*> lower_global(LayerScope& scope) {
  MINNOW_TRY(scope.expect_space());
  MINNOW_TRY(scope.admit_output({scope.input_shape()[0], scope.input_shape()[1]}));
  scope.add_flops(static_cast<double>(scope.input()->type.elements() / scope.input_shape()[0]));
  std::vector<int64_t> dims;
  for (int64_t dim = 2; dim < scope.input()->type.rank(); ++dim) dims.push_back(dim);
  return scope.layer().has_global_max_pool() ? scope.builder().reduce_max(scope.input(), dims)
                                             : scope.builder().reduce_mean(scope.input(), dims);
}

}  // namespace

const LayerRule kMaxPoolRule = {.lower = lower_max};
const LayerRule kAvgPoolRule = {.lower = lower_average};
const LayerRule kGlobalMaxPoolRule = {.lower = lower_global};
const LayerRule kGlobalAvgPoolRule = {.lower = lower_global};

}  // namespace minnow

// Layers whose work is a contraction of their input with a weight.
#include "frontend/lower/composites.h"
#include "frontend/lower/lower_layer.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

// y + b along `dim`, then the activation; `Spec` is spec::Dense or spec::Conv2D.
template <typename Spec>
Result<Value*> finish(LayerScope& scope, Value* y, const Spec& spec, int64_t dim, int64_t fan_in, int64_t fan_out) {
  Builder& builder = scope.builder();
  if (spec.bias()) {
    MINNOW_ASSIGN(Value * bias, scope.weight("bias", {y->type.dim(dim)}, {spec.bias_init(), fan_in, fan_out}));
    y = builder.add(y, broadcast_along(builder, bias, dim, y->type.shape));
  }
  return activate(builder, y, spec.activation());
}

}  // namespace

// x [N,I], w [I,O] → y [N,O]
Result<Value*> lower_dense(LayerScope& scope) {
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

// x [N,C,H,W], w [O,C/groups,KH,KW] → y [N,O,OH,OW]
Result<Value*> lower_conv2d(LayerScope& scope) {
  const spec::Conv2D& conv = scope.layer().conv2d();
  MINNOW_TRY(scope.expect_image());
  Value* x = scope.input();
  const int64_t channels = x->type.dim(1);
  if (channels % conv.groups() != 0)
    return scope.complain("groups", "{} input channels{} cannot be split into {} groups", channels, scope.from(),
                          conv.groups());
  MINNOW_ASSIGN(const WindowGeometry window, conv_geometry(scope, conv));
  MINNOW_TRY(scope.admit_output({x->type.dim(0), conv.filters(), window.output[0], window.output[1]}));

  const int64_t area = window.kernel[0] * window.kernel[1];
  const int64_t fan_in = channels / conv.groups() * area;
  const int64_t fan_out = conv.filters() / conv.groups() * area;
  const Shape shape = {conv.filters(), channels / conv.groups(), window.kernel[0], window.kernel[1]};
  MINNOW_ASSIGN(Value * w, scope.weight("weight", shape, {conv.weight_init(), fan_in, fan_out}));
  scope.add_flops(2.0 * static_cast<double>(fan_in) * static_cast<double>(conv.filters()) *
                  static_cast<double>(window.output[0] * window.output[1]));
  Value* y = scope.builder().conv(
      x, w,
      {.stride = window.stride, .pad = window.pad, .dilation = window.dilation, .groups = conv.groups(), .shape = {}});
  return finish(scope, y, conv, 1, fan_in, fan_out);
}

}  // namespace minnow

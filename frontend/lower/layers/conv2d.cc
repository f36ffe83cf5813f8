#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/finish.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

Status check(const LayerFields& fields) {
  const spec::Conv2D& conv = fields.layer().conv2d();
  MINNOW_TRY(check_padding(fields, conv.padding(), conv.pad()));
  if (conv.filters() % conv.groups() == 0) return {};
  return fields.complain("groups", "{} filters cannot be split into {} groups", conv.filters(), conv.groups());
}

// x [N,C,H,W], w [O,C/groups,KH,KW] → y [N,O,OH,OW]
Result<Value*> lower(LayerScope& scope) {
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

}  // namespace

const LayerRule kConv2DRule = {.lower = lower, .check = check};

}  // namespace minnow

// Convolutions and their transposes over sequences, images and volumes.
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/finish.h"
#include "frontend/lower/window_geometry.h"

namespace minnow {
namespace {

// A layer's message and its dimensions of space.
template <typename Spec>
struct OfSpace {
  const Spec& spec;
  size_t dims;
};

OfSpace<spec::Conv> conv_of(const spec::Layer& layer) {
  if (layer.has_conv1d()) return {layer.conv1d(), 1};
  if (layer.has_conv2d()) return {layer.conv2d(), 2};
  return {layer.conv3d(), 3};
}

OfSpace<spec::ConvTranspose> transpose_of(const spec::Layer& layer) {
  if (layer.has_conv_transpose1d()) return {layer.conv_transpose1d(), 1};
  if (layer.has_conv_transpose2d()) return {layer.conv_transpose2d(), 2};
  return {layer.conv_transpose3d(), 3};
}

// What the two kinds of message have in common.
template <typename Spec>
Status check_fields(const LayerFields& fields, const OfSpace<Spec>& of) {
  MINNOW_TRY(check_value_count(fields, "kernel", of.spec.kernel(), of.dims));
  MINNOW_TRY(check_value_count(fields, "stride", of.spec.stride(), of.dims));
  MINNOW_TRY(check_value_count(fields, "dilation", of.spec.dilation(), of.dims));
  if (of.spec.filters() % of.spec.groups() == 0) return {};
  return fields.complain("groups", "{} filters cannot be split into {} groups", of.spec.filters(), of.spec.groups());
}

template <typename Spec>
Status check_input(LayerScope& scope, const OfSpace<Spec>& of) {
  MINNOW_TRY(scope.expect_space(of.dims));
  const int64_t channels = scope.input_shape()[1];
  if (channels % of.spec.groups() == 0) return {};
  return scope.complain("groups", "{} input channels{} cannot be split into {} groups", channels, scope.from(),
                        of.spec.groups());
}

// [first, second, space...]
Shape shape_of(int64_t first, int64_t second, const std::vector<int64_t>& space) {
  Shape shape = {first, second};
  shape.insert(shape.end(), space.begin(), space.end());
  return shape;
}

Status check_conv(const LayerFields& fields) {
  const auto conv = conv_of(fields.layer());
  MINNOW_TRY(check_padding(fields, conv.spec.padding(), conv.spec.pad(), conv.dims));
  return check_fields(fields, conv);
}

// x [N,C,S...], w [O,C/groups,K...] → y [N,O,OS...]
Result<Value*> lower_conv(LayerScope& scope) {
  const auto of = conv_of(scope.layer());
  const spec::Conv& conv = of.spec;
  MINNOW_TRY(check_input(scope, of));
  Value* x = scope.input();
  const int64_t group_channels = x->type.dim(1) / conv.groups();
  MINNOW_ASSIGN(const WindowGeometry window, conv_geometry(scope, conv));
  MINNOW_TRY(scope.admit_output(shape_of(x->type.dim(0), conv.filters(), window.output)));

  const int64_t fan_in = group_channels * product(window.kernel);
  const int64_t fan_out = conv.filters() / conv.groups() * product(window.kernel);
  const Shape shape = shape_of(conv.filters(), group_channels, window.kernel);
  MINNOW_ASSIGN(Value * w, scope.weight("weight", shape, {conv.weight_init(), fan_in, fan_out}));
  scope.add_flops(2.0 * static_cast<double>(fan_in) * static_cast<double>(conv.filters()) *
                  static_cast<double>(product(window.output)));
  Value* y = scope.builder().conv(
      x, w,
      {.stride = window.stride, .pad = window.pad, .dilation = window.dilation, .groups = conv.groups(), .shape = {}});
  return finish(scope, y, conv, 1, fan_in, fan_out);
}

Status check_transpose(const LayerFields& fields) {
  const auto transpose = transpose_of(fields.layer());
  const spec::ConvTranspose& conv = transpose.spec;
  MINNOW_TRY(check_fields(fields, transpose));
  MINNOW_TRY(check_padding(fields, spec::Padding::VALID, conv.pad(), transpose.dims));
  MINNOW_TRY(check_value_count(fields, "output_padding", conv.output_padding(), transpose.dims));
  const auto stride = per_dimension(conv.stride(), transpose.dims);
  const auto dilation = per_dimension(conv.dilation(), transpose.dims);
  const auto more = per_dimension(conv.output_padding(), transpose.dims);
  for (size_t i = 0; i < more.size(); ++i)
    if (more[i] >= std::max(stride[i], dilation[i]))
      return fields.complain("output_padding",
                             "output_padding {} must be less than the stride, {}, or the dilation, {}", more[i],
                             stride[i], dilation[i]);
  return {};
}

// What the transpose is in each dimension: `shape` elements of y, the convolution's padding, and the zeros that follow
// where output_padding asks for more than the padding cuts off.
struct TransposeGeometry {
  WindowGeometry window;
  std::vector<int64_t> zeros;
};

Result<TransposeGeometry> transpose_geometry(const LayerScope& scope, const OfSpace<spec::ConvTranspose>& of) {
  const spec::ConvTranspose& conv = of.spec;
  TransposeGeometry geometry{{.kernel = per_dimension(conv.kernel(), of.dims),
                              .stride = per_dimension(conv.stride(), of.dims),
                              .dilation = per_dimension(conv.dilation(), of.dims),
                              .pad = explicit_pad(conv.pad(), of.dims)},
                             {}};
  WindowGeometry& window = geometry.window;
  const Shape space = scope.space();
  const auto more = per_dimension(conv.output_padding(), of.dims);
  for (size_t i = 0; i < of.dims; ++i) {
    int64_t& behind = window.pad[2 * i + 1];
    const int64_t kept = std::min(behind, more[i]);
    behind -= kept;
    geometry.zeros.push_back(more[i] - kept);
    const int64_t whole = (space[i] - 1) * window.stride[i] + window.dilation[i] * (window.kernel[i] - 1) + 1;
    window.output.push_back(whole - window.pad[2 * i] - behind);
    if (window.output.back() < 1)
      return scope.complain("pad", "of {} elements, pad {} and {} leave none", whole, window.pad[2 * i], behind);
  }
  return geometry;
}

// x [N,C,S...], w [C,O/groups,K...] → y [N,O,OS...]
Result<Value*> lower_transpose(LayerScope& scope) {
  const auto of = transpose_of(scope.layer());
  const spec::ConvTranspose& conv = of.spec;
  MINNOW_TRY(check_input(scope, of));
  Value* x = scope.input();
  const int64_t channels = x->type.dim(1);
  const int64_t group_filters = conv.filters() / conv.groups();
  MINNOW_ASSIGN(const TransposeGeometry geometry, transpose_geometry(scope, of));
  const WindowGeometry& window = geometry.window;
  PadAttributes zeros{
      .low = Shape(2 + of.dims, 0), .high = shape_of(0, 0, geometry.zeros), .interior = Shape(2 + of.dims, 0)};
  Shape result = shape_of(x->type.dim(0), conv.filters(), window.output);
  for (size_t i = 0; i < result.size(); ++i) result[i] += zeros.high[i];
  MINNOW_TRY(scope.admit_output(result));

  const int64_t fan_in = channels / conv.groups() * product(window.kernel);
  const int64_t fan_out = group_filters * product(window.kernel);
  const Shape shape = shape_of(channels, group_filters, window.kernel);
  MINNOW_ASSIGN(Value * w, scope.weight("weight", shape, {conv.weight_init(), fan_in, fan_out}));
  scope.add_flops(2.0 * static_cast<double>(fan_out) * static_cast<double>(channels) *
                  static_cast<double>(product(scope.space())));
  Builder& b = scope.builder();
  Value* y = b.create(OpKind::kConvInput, {x, w},
                      ConvAttributes{.stride = window.stride,
                                     .pad = window.pad,
                                     .dilation = window.dilation,
                                     .groups = conv.groups(),
                                     .shape = shape_of(x->type.dim(0), conv.filters(), window.output)});
  if (y->type.shape != result) y = b.create(OpKind::kPad, {y}, std::move(zeros));
  return finish(scope, y, conv, 1, fan_in, fan_out);
}

constexpr LayerRule kConvRule = {.lower = lower_conv, .check = check_conv};
constexpr LayerRule kTransposeRule = {.lower = lower_transpose, .check = check_transpose};

}  // namespace

const LayerRule kConv1DRule = kConvRule;
const LayerRule kConv2DRule = kConvRule;
const LayerRule kConv3DRule = kConvRule;
const LayerRule kConvTranspose1DRule = kTransposeRule;
const LayerRule kConvTranspose2DRule = kTransposeRule;
const LayerRule kConvTranspose3DRule = kTransposeRule;

}  // namespace minnow

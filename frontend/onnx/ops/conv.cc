#include "frontend/onnx/ops/conv.h"

#include <algorithm>

#include "frontend/onnx/ops/windows.h"

namespace minnow {
namespace {

// The sizes of the kernel behind the first two dimensions of the filter.
Dims kernel_of(const NodeScope& n, const Value* w) {
  require(w->type.rank() == n.rank() && n.rank() >= 3 && n.rank() <= 5,
          "{} and a filter {} are no convolution over 1, 2 or 3 dimensions", shape_to_string(n.shape()),
          shape_to_string(w->type.shape));
  const Dims kernel(w->type.shape.begin() + 2, w->type.shape.end());
  require(!n.has_attribute("kernel_shape") || n.wholes("kernel_shape") == kernel,
          "kernel_shape does not fit the filter {}", shape_to_string(w->type.shape));
  return kernel;
}

ConvAttributes attributes_of(const NodeScope& n, const std::vector<WindowAxis>& axes) {
  ConvAttributes conv{.groups = n.whole("group", 1)};
  for (const WindowAxis& axis : axes) {
    conv.stride.push_back(axis.stride);
    conv.dilation.push_back(axis.dilation);
    conv.pad.push_back(axis.low);
    conv.pad.push_back(axis.high);
  }
  require(conv.groups > 0, "it has {} groups", conv.groups);
  return conv;
}

}  // namespace

Value* convolution(NodeScope& n, Value* x, Value* w) {
  return n.b.create(OpKind::kConv, {x, w}, attributes_of(n, window_axes(n, kernel_of(n, w))));
}

Value* with_bias(GraphBuilder& b, Value* y, Value* bias) {
  require(bias->type.shape == Shape{y->type.dim(1)}, "the bias {} does not fit {}", shape_to_string(bias->type.shape),
          shape_to_string(y->type.shape));
  return b.add(y, b.along(bias, 1, y->type.shape));
}

namespace onnx_ops {

void conv(NodeScope& n) {
  Value* y = convolution(n, n.floats(), n.floats(1));
  n.give(n.has(2) ? with_bias(n.b, y, n.floats(2)) : y);
}

namespace {

// The sizes of the result, and the padding of the convolution that it is the input's gradient of.
struct TransposedAxis {
  int64_t output;
  int64_t low;
  int64_t high;
};

TransposedAxis transposed_axis(const NodeScope& n, size_t i, size_t count, int64_t span) {
  const int64_t size = n.shape()[i + 2];
  const int64_t stride = per_axis(n, "strides", count, 1)[i], extra = per_axis(n, "output_padding", count, 0)[i];
  const Dims pads = per_axis(n, "pads", 2 * count, 0);
  const std::string mode = n.text("auto_pad", "NOTSET");
  const int64_t whole = stride * (size - 1) + extra + span;
  TransposedAxis axis{whole - pads[i] - pads[i + count], pads[i], pads[i + count]};
  if (mode == "VALID") axis = {whole, 0, 0};
  const bool is_same = mode.starts_with("SAME");
  if (!is_same && !n.has_attribute("output_shape")) return axis;
  axis.output = size * stride;
  if (n.has_attribute("output_shape")) {
    const Dims shape = n.wholes("output_shape");
    require(shape.size() == count || shape.size() == count + 2, "output_shape has {} numbers", shape.size());
    axis.output = shape[shape.size() - count + i];
    require(axis.output >= 1 && axis.output <= kMaxElements, "output_shape has a {}", axis.output);
  }
  const int64_t total = std::max<int64_t>(whole - axis.output, 0);
  axis.low = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
  axis.high = total - axis.low;
  // What the padding cannot say is more on the far side.
  return axis;
}

}  // namespace

// The gradient of a convolution by its input, cut where the node's padding is larger than such a convolution's may be,
// or lies beyond what it reaches.
void conv_transpose(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  Value* w = n.floats(1);
  const size_t count = kernel_of(n, w).size();
  const Dims dilations = per_axis(n, "dilations", count, 1), strides = per_axis(n, "strides", count, 1);
  ConvAttributes conv{
      .stride = strides, .pad = Dims(2 * count, 0), .dilation = dilations, .groups = n.whole("group", 1)};
  require(conv.groups > 0, "it has {} groups", conv.groups);
  int64_t channels = 0;
  require(!__builtin_mul_overflow(w->type.dim(1), conv.groups, &channels), "it has {} groups", conv.groups);
  conv.shape = {x->type.dim(0), channels};
  std::vector<TransposedAxis> axes;
  for (size_t i = 0; i < count; ++i) {
    const int64_t span = dilations[i] * (w->type.shape[i + 2] - 1) + 1;
    axes.push_back(transposed_axis(n, i, count, span));
    require(axes[i].output > 0, "its result would have the size {}", axes[i].output);
    conv.shape.push_back(strides[i] * (x->type.shape[i + 2] - 1) + span);
  }
  Value* y = b.create(OpKind::kConvInput, {x, w}, conv);
  for (size_t i = 0; i < count; ++i) {
    const auto dim = static_cast<int64_t>(i + 2);
    const int64_t missing = axes[i].low + axes[i].output - y->type.dim(dim);
    if (missing > 0) {
      Dims low(count + 2, 0), high = low;
      high[i + 2] = missing;
      y = b.pad(y, low, high);
    }
    y = b.slice(y, dim, axes[i].low, axes[i].low + axes[i].output);
  }
  n.give(n.has(2) ? with_bias(b, y, n.floats(2)) : y);
}

}  // namespace onnx_ops
}  // namespace minnow

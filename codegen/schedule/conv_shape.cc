#include "codegen/schedule/conv_shape.h"

#include <algorithm>

#include "ir/windows.h"

namespace minnow {
namespace {

Correlation forward(const ConvAttributes& conv, const Shape& x, const Shape& w, const Shape& y) {
  Correlation c;
  c.images = x[0];
  c.groups = conv.groups;
  c.group_inputs = w[1];
  c.group_outputs = w[0] / conv.groups;
  c.out_height = y[2];
  c.out_width = y[3];
  c.kernel_height = w[2];
  c.kernel_width = w[3];
  c.row_stride = conv.stride[0];
  c.column_stride = conv.stride[1];
  c.row_dilation = conv.dilation[0];
  c.column_dilation = conv.dilation[1];
  PackedImages& in = c.input;
  in.channels = x[1];
  in.top = conv.pad[0];
  in.left = conv.pad[2];
  in.image_height = x[2];
  in.image_width = x[3];
  in.height = std::max(in.top + x[2], (y[2] - 1) * conv.stride[0] + (w[2] - 1) * conv.dilation[0] + 1);
  in.width = std::max(in.left + x[3], (y[3] - 1) * conv.stride[1] + (w[3] - 1) * conv.dilation[1] + 1);
  return c;
}

}  // namespace

bool is_conv_of_images(const Op& op) {
  return has_trait(op.kind, kContraction) && has_trait(op.kind, kWindow) && space_dims(op) == 2;
}

Correlation correlation_of_conv(const Op& conv) {
  return forward(conv.attr<ConvAttributes>(), conv.operands[0]->type.shape, conv.operands[1]->type.shape,
                 conv.type().shape);
}

Correlation correlation_of_conv_filter(const Op& op) {
  return forward(op.attr<ConvAttributes>(), op.operands[0]->type.shape, op.type().shape, op.operands[1]->type.shape);
}

// Row h of x takes from row h + pad - i * dilation of the spread y; with i counted from the filter's end that is row
// h + i * dilation of y moved down by (KH - 1) * dilation - pad.
Correlation correlation_of_conv_input(const Op& op) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& y = op.operands[0]->type.shape;
  const Shape& w = op.operands[1]->type.shape;
  const Shape& x = op.type().shape;
  Correlation c;
  c.images = y[0];
  c.groups = conv.groups;
  c.group_inputs = w[0] / conv.groups;
  c.group_outputs = w[1];
  c.out_height = x[2];
  c.out_width = x[3];
  c.kernel_height = w[2];
  c.kernel_width = w[3];
  c.row_dilation = conv.dilation[0];
  c.column_dilation = conv.dilation[1];
  c.rotated = true;
  const int64_t row_move = (w[2] - 1) * conv.dilation[0] - conv.pad[0];
  const int64_t column_move = (w[3] - 1) * conv.dilation[1] - conv.pad[2];
  c.row_shift = std::max<int64_t>(0, -row_move);
  c.column_shift = std::max<int64_t>(0, -column_move);
  PackedImages& in = c.input;
  in.channels = y[1];
  in.top = std::max<int64_t>(0, row_move);
  in.left = std::max<int64_t>(0, column_move);
  in.row_spread = conv.stride[0];
  in.column_spread = conv.stride[1];
  in.image_height = y[2];
  in.image_width = y[3];
  in.height = std::max(in.top + (y[2] - 1) * conv.stride[0] + 1, c.row_shift + x[2] + (w[2] - 1) * conv.dilation[0]);
  in.width = std::max(in.left + (y[3] - 1) * conv.stride[1] + 1, c.column_shift + x[3] + (w[3] - 1) * conv.dilation[1]);
  return c;
}

Correlation correlation_of(const Op& op) {
  if (op.kind == OpKind::kConv) return correlation_of_conv(op);
  return op.kind == OpKind::kConvInput ? correlation_of_conv_input(op) : correlation_of_conv_filter(op);
}

}  // namespace minnow

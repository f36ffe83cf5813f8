// Attributes of ONNX's convolutions and poolings.
#pragma once

#include "frontend/onnx/export/graph_writer.h"
#include "ir/attributes.h"

namespace minnow {

// {before, after} for each dimension as ONNX has them: all before, then all after.
std::vector<int64_t> onnx_pads(const std::vector<int64_t>& pad);

// kernel_shape, strides, dilations and group, of filters [O,I,K...].
void set_conv_attributes(onnx::NodeProto& node, const ConvAttributes& conv, const Shape& filters);

// A ConvTranspose from `from` [N,C,S...] by filters [C,O,K...] to `to` [N,O,S...].
struct TransposedSize {
  const Shape &from, &filters;
  const std::vector<int64_t>&stride, &dilation, &pad;
  const Shape& to;
};
void set_transposed_size(onnx::NodeProto& node, const TransposedSize& size);

}  // namespace minnow

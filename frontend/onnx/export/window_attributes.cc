#include "frontend/onnx/export/window_attributes.h"

#include <algorithm>

namespace minnow {

std::vector<int64_t> onnx_pads(const std::vector<int64_t>& pad) {
  std::vector<int64_t> pads;
  for (const size_t side : {0, 1})
    for (size_t i = side; i < pad.size(); i += 2) pads.push_back(pad[i]);
  return pads;
}

void set_conv_attributes(onnx::NodeProto& node, const ConvAttributes& conv, const Shape& filters) {
  set_attribute(node, "kernel_shape", std::vector<int64_t>(filters.begin() + 2, filters.end()));
  set_attribute(node, "strides", conv.stride);
  set_attribute(node, "dilations", conv.dilation);
  set_attribute(node, "group", conv.groups);
}

// Elements that no window reaches are output_padding, others that are not wanted more pads.
void set_transposed_size(onnx::NodeProto& node, const TransposedSize& size) {
  std::vector<int64_t> pad = size.pad, more;
  for (size_t i = 0; 2 * i < pad.size(); ++i) {
    const int64_t reached = (size.from[2 + i] - 1) * size.stride[i] + size.dilation[i] * (size.filters[2 + i] - 1) + 1;
    const int64_t missing = size.to[2 + i] - (reached - pad[2 * i] - pad[2 * i + 1]);
    const int64_t unpadded = missing > 0 ? std::min(missing, pad[2 * i + 1]) : missing;
    pad[2 * i + 1] -= unpadded;
    more.push_back(missing - unpadded);
  }
  set_attribute(node, "pads", onnx_pads(pad));
  set_attribute(node, "output_padding", more);
}

}  // namespace minnow

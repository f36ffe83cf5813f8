// Windows as poolings. A sum is a mean, padding counted as zeros, times the places of a window.
#include "frontend/onnx/export/export_rules.h"
#include "frontend/onnx/export/window_attributes.h"
#include "ir/windows.h"

namespace minnow {
namespace {

onnx::NodeProto& add_pool(const Op& op, Exporter& e, std::string_view onnx_op) {
  const auto& window = op.attr<WindowAttributes>();
  onnx::NodeProto& node = e.writer().add(onnx_op, {e.whole(op.operands[0])});
  set_attribute(node, "kernel_shape", window.window);
  set_attribute(node, "strides", window.stride);
  set_attribute(node, "pads", onnx_pads(window.pad));
  return node;
}

}  // namespace

MINNOW_EXPORT(WindowMax) {
  e.define(op.result(), add_pool(op, e, "MaxPool").output(0));
  return {};
}

MINNOW_EXPORT(WindowSum) {
  onnx::NodeProto& node = add_pool(op, e, "AveragePool");
  set_attribute(node, "count_include_pad", int64_t{1});
  const std::string mean = node.output(0);
  const std::string places =
      e.writer().scalar(op.type().dtype, static_cast<double>(places_of(op.attr<WindowAttributes>())));
  e.define(op.result(), e.writer().node("Mul", {mean, places}));
  return {};
}

// The transpose of a sum: a ConvTranspose of each plane by ones.
MINNOW_EXPORT(WindowSpread) {
  const auto& window = op.attr<WindowAttributes>();
  Extents planes = e.extents(op.operands[0]);
  planes[0] = {planes[0].here * planes[1].here, planes[0].there * planes[1].there};
  planes[1] = {1, 1};
  Shape filters = {1, 1};
  filters.insert(filters.end(), window.window.begin(), window.window.end());
  const std::vector<double> ones(static_cast<size_t>(element_count(filters)), 1);
  const std::string x = e.reshaped(e.whole(op.operands[0]), planes);
  onnx::NodeProto& node = e.writer().add("ConvTranspose", {x, e.writer().constant(filters, op.type().dtype, ones)});
  set_attribute(node, "kernel_shape", window.window);
  set_attribute(node, "strides", window.stride);
  const std::vector<int64_t> dilation(window.window.size(), 1);
  set_transposed_size(node, {op.operands[0]->type.shape, filters, window.stride, dilation, window.pad, window.shape});
  const std::string spread = node.output(0);
  e.define(op.result(), e.reshaped(spread, e.extents(op.result())));
  return {};
}

MINNOW_EXPORT(WindowPick) { return has_no_onnx("it belongs to gradients"); }

}  // namespace minnow

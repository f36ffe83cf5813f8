// Products, and the convolutions that an inference has.
#include <numeric>

#include "frontend/onnx/export/export_rules.h"
#include "frontend/onnx/export/window_attributes.h"

namespace minnow {
namespace {

// With two dimensions changed places.
std::string with_last_two_swapped(Exporter& e, const std::string& tensor, int64_t rank) {
  std::vector<int64_t> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  onnx::NodeProto& node = e.writer().add("Transpose", {tensor});
  set_attribute(node, "perm", order);
  return node.output(0);
}

// Of matrices, perhaps one for each index of the batch dimensions.
std::string matrix_product(const Op& op, Exporter& e) {
  const auto& dot = op.attr<DotAttributes>();
  std::string a = e.whole(op.operands[0]), b = e.whole(op.operands[1]);
  const int64_t rank = dot.batch + 2;
  if (dot.contract[0] != rank - 1) a = with_last_two_swapped(e, a, rank);
  if (dot.contract[1] != rank - 2) b = with_last_two_swapped(e, b, rank);
  return e.writer().node("MatMul", {a, b});
}

// "abc,adc->abd"
std::string equation(const Op& op) {
  const auto& dot = op.attr<DotAttributes>();
  char next = 'a';
  std::string batch, left, right, result;
  for (int64_t i = 0; i < dot.batch; ++i) batch += next++;
  const char summed = next++;
  left = right = result = batch;
  for (int64_t i = dot.batch; i < op.operands[0]->type.rank(); ++i) {
    left += i == dot.contract[0] ? summed : next;
    if (i != dot.contract[0]) result += next++;
  }
  for (int64_t i = dot.batch; i < op.operands[1]->type.rank(); ++i) {
    right += i == dot.contract[1] ? summed : next;
    if (i != dot.contract[1]) result += next++;
  }
  return left + "," + right + "->" + result;
}

}  // namespace

MINNOW_EXPORT(Dot) {
  const int64_t rank = op.attr<DotAttributes>().batch + 2;
  if (op.operands[0]->type.rank() == rank && op.operands[1]->type.rank() == rank) {
    e.define(op.result(), matrix_product(op, e));
    return {};
  }
  onnx::NodeProto& node = e.writer().add("Einsum", {e.whole(op.operands[0]), e.whole(op.operands[1])});
  set_attribute(node, "equation", equation(op));
  e.define(op.result(), node.output(0));
  return {};
}

MINNOW_EXPORT(Conv) {
  const auto& conv = op.attr<ConvAttributes>();
  onnx::NodeProto& node = e.writer().add("Conv", {e.whole(op.operands[0]), e.whole(op.operands[1])});
  set_conv_attributes(node, conv, op.operands[1]->type.shape);
  set_attribute(node, "pads", onnx_pads(conv.pad));
  e.define(op.result(), node.output(0));
  return {};
}

// The result may end before or behind what the windows cover.
MINNOW_EXPORT(ConvInput) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape &x = op.operands[0]->type.shape, &w = op.operands[1]->type.shape;
  onnx::NodeProto& node = e.writer().add("ConvTranspose", {e.whole(op.operands[0]), e.whole(op.operands[1])});
  set_conv_attributes(node, conv, w);
  set_transposed_size(node, {x, w, conv.stride, conv.dilation, conv.pad, conv.shape});
  e.define(op.result(), node.output(0));
  return {};
}

MINNOW_EXPORT(ConvFilter) { return has_no_onnx("it belongs to gradients"); }

}  // namespace minnow

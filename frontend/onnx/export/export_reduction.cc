#include "frontend/onnx/export/export_rules.h"

namespace minnow {

MINNOW_EXPORT(ReduceSum) {
  const std::vector<int64_t>& dims = op.attr<DimsAttributes>().dims;
  if (dims.empty()) {
    e.define(op.result(), e.value(op.operands[0]));
    return {};
  }
  onnx::NodeProto& node = e.writer().add("ReduceSum", {e.whole(op.operands[0]), e.writer().integers(dims)});
  set_attribute(node, "keepdims", int64_t{0});
  e.define(op.result(), node.output(0));
  return {};
}

MINNOW_EXPORT(ReduceMax) {
  const std::vector<int64_t>& dims = op.attr<DimsAttributes>().dims;
  if (dims.empty()) {
    e.define(op.result(), e.value(op.operands[0]));
    return {};
  }
  onnx::NodeProto& node = e.writer().add("ReduceMax", {e.whole(op.operands[0])});
  set_attribute(node, "axes", dims);
  set_attribute(node, "keepdims", int64_t{0});
  e.define(op.result(), node.output(0));
  return {};
}

// The first of several, in ONNX as here.
MINNOW_EXPORT(ArgMax) {
  onnx::NodeProto& node = e.writer().add("ArgMax", {e.whole(op.operands[0])});
  set_attribute(node, "axis", op.attr<DimAttributes>().dim);
  set_attribute(node, "keepdims", int64_t{0});
  const std::string index = node.output(0);
  onnx::NodeProto& cast = e.writer().add("Cast", {index});
  set_attribute(cast, "to", static_cast<int64_t>(onnx::TensorProto::INT32));
  e.define(op.result(), cast.output(0));
  return {};
}

// All of them in order: of equal elements, the first in ONNX as here.
MINNOW_EXPORT(ArgSort) {
  const auto& sort = op.attr<SortAttributes>();
  const Extent size = e.extents(op.result())[static_cast<size_t>(sort.dim)];
  onnx::NodeProto& node = e.writer().add("TopK", {e.whole(op.operands[0]), e.shape_of({size})});
  set_attribute(node, "axis", sort.dim);
  set_attribute(node, "largest", int64_t{sort.descending});
  *node.add_output() = e.writer().fresh(node.output(0));
  const std::string indices = node.output(1);
  onnx::NodeProto& cast = e.writer().add("Cast", {indices});
  set_attribute(cast, "to", static_cast<int64_t>(onnx::TensorProto::INT32));
  e.define(op.result(), cast.output(0));
  return {};
}

MINNOW_EXPORT(CumSum) {
  const std::string axis = e.writer().integer(op.attr<DimAttributes>().dim);
  e.define(op.result(), e.writer().node("CumSum", {e.whole(op.operands[0]), axis}));
  return {};
}

}  // namespace minnow

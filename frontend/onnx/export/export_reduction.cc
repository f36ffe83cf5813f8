#include "frontend/onnx/export/export_rules.h"

namespace minnow {
namespace {

// Dimensions are an input of ReduceSum, and an attribute of ReduceMax.
Status reduce(const Op& op, Exporter& e, std::string_view onnx_op, bool takes_dims) {
  const std::vector<int64_t>& dims = op.attr<DimsAttributes>().dims;
  if (dims.empty()) {
    e.define(op.result(), e.value(op.operands[0]));
    return {};
  }
  std::vector<std::string> inputs = {e.whole(op.operands[0])};
  if (takes_dims) inputs.push_back(e.writer().integers(dims));
  onnx::NodeProto& node = e.writer().add(onnx_op, inputs);
  if (!takes_dims) set_attribute(node, "axes", dims);
  set_attribute(node, "keepdims", int64_t{0});
  e.define(op.result(), node.output(0));
  return {};
}

}  // namespace

MINNOW_EXPORT(ReduceSum) { return reduce(op, e, "ReduceSum", true); }
MINNOW_EXPORT(ReduceMax) { return reduce(op, e, "ReduceMax", false); }

// The first of several, in ONNX as here.
MINNOW_EXPORT(ArgMax) {
  onnx::NodeProto& node = e.writer().add("ArgMax", {e.whole(op.operands[0])});
  set_attribute(node, "axis", op.attr<DimAttributes>().dim);
  set_attribute(node, "keepdims", int64_t{0});
  e.define(op.result(), e.writer().cast(node.output(0), DType::kI32));
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
  e.define(op.result(), e.writer().cast(node.output(1), DType::kI32));
  return {};
}

MINNOW_EXPORT(CumSum) {
  const std::string axis = e.writer().integer(op.attr<DimAttributes>().dim);
  e.define(op.result(), e.writer().node("CumSum", {e.whole(op.operands[0]), axis}));
  return {};
}

}  // namespace minnow

#include "frontend/onnx/ops/indices.h"

namespace minnow::onnx_ops {

// Of equals the ones with lower index.
void top_k(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis", -1), n.rank());
  const int64_t count = n.version() >= 10 ? n.whole_number(1) : n.whole("k");
  require(n.rank() > 0 && count >= 0 && count <= n.dim(0, axis), "k is {}, but there are {}", count, n.dim(0, axis));
  Value* x = n.value();
  require(x->type.dtype != DType::kPred, "it is of BOOL");
  Value* first = b.slice(b.argsort(x, axis, n.whole("largest", 1) != 0), axis, 0, count);
  const bool is_empty = first->type.elements() == 0;
  n.give(0, is_empty ? b.slice(x, axis, 0, count) : elements_along(b, x, first, axis), n.type());
  n.give(1, first, onnx::TensorProto::INT64);
}

}  // namespace minnow::onnx_ops

#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {
namespace {

// Until version 13 all dimensions from the axis on are one.
void along_axis(NodeScope& n, Value* (*function)(GraphBuilder& b, Value* x, int64_t dim)) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  if (n.version() >= 13) return n.give(function(b, x, axis_of(n.whole("axis", -1), n.rank())));
  const int64_t rank = n.rank(), given = n.whole("axis", 1);
  require(given >= -rank && given <= rank, "axis {} does not exist in {} dimensions", given, rank);
  const auto middle = n.shape().begin() + (given < 0 ? given + rank : given);
  const Shape rows = {element_count(Shape(n.shape().begin(), middle)), element_count(Shape(middle, n.shape().end()))};
  n.give(b.reshape(function(b, b.reshape(x, rows), 1), n.shape()));
}

// 1 at the first of the largest.
Value* hardmax_of(GraphBuilder& b, Value* x, int64_t dim) {
  Shape column = x->type.shape;
  column[static_cast<size_t>(dim)] = 1;
  Value* largest = b.reshape(b.argmax(x, dim), column);
  return b.convert(b.binary(OpKind::kEqual, b.iota({DType::kI32, x->type.shape}, dim), largest), DType::kF32);
}

Value* softmax_of(GraphBuilder& b, Value* x, int64_t dim) { return b.softmax(x, dim); }
Value* log_softmax_of(GraphBuilder& b, Value* x, int64_t dim) { return b.log_softmax(x, dim); }

}  // namespace

void softmax(NodeScope& n) { along_axis(n, softmax_of); }
void log_softmax(NodeScope& n) { along_axis(n, log_softmax_of); }
void hardmax(NodeScope& n) { along_axis(n, hardmax_of); }

}  // namespace minnow::onnx_ops

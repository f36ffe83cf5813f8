#include <cmath>
#include <limits>

#include "frontend/onnx/ops/indices.h"

namespace minnow::onnx_ops {

namespace {

// So few are found one after the other in less time than all are sorted.
constexpr int64_t kFew = 8;

// Each is the largest of those that are left, in whose place there is -infinity from then on. That itself counts as the
// lowest number but one, and NaN, which comes last, as the lowest.
Value* indices_of_largest(GraphBuilder& b, Value* x, int64_t axis, int64_t count) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  const double kTaken = -std::numeric_limits<double>::infinity();
  Value* numbers = b.add(b.max(x, double{std::nextafter(kLowest, 0.0F)}), 0.0);  // -0 is 0
  Value* left = b.select(b.binary(OpKind::kEqual, x, x), numbers, double{kLowest});
  Value* place = b.iota({DType::kI32, x->type.shape}, axis);
  Shape one = x->type.shape;
  one[static_cast<size_t>(axis)] = 1;
  std::vector<Value*> found;
  for (int64_t i = 0; i < count; ++i) {
    found.push_back(b.reshape(b.argmax(left, axis), one));
    if (i + 1 < count) left = b.select(b.binary(OpKind::kEqual, place, found.back()), kTaken, left);
  }
  return b.concat(found, axis);
}

// Of equals the ones with lower index.
Value* indices_of_first(GraphBuilder& b, Value* x, int64_t axis, int64_t count, bool is_descending) {
  const bool is_few = count > 0 && count <= kFew && count * kFew <= x->type.dim(axis);
  if (is_few && x->type.dtype == DType::kF32) return indices_of_largest(b, is_descending ? x : b.neg(x), axis, count);
  return b.slice(b.argsort(x, axis, is_descending), axis, 0, count);
}

}  // namespace

void top_k(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis", -1), n.rank());
  const int64_t count = n.version() >= 10 ? n.whole_number(1) : n.whole("k");
  require(n.rank() > 0 && count >= 0 && count <= n.dim(0, axis), "k is {}, but there are {}", count, n.dim(0, axis));
  Value* x = n.value();
  require(x->type.dtype != DType::kPred, "it is of BOOL");
  Value* first = indices_of_first(b, x, axis, count, n.whole("largest", 1) != 0);
  const bool is_empty = first->type.elements() == 0;
  n.give(0, is_empty ? b.slice(x, axis, 0, count) : elements_along(b, x, first, axis), n.type());
  n.give(1, first, onnx::TensorProto::INT64);
}

}  // namespace minnow::onnx_ops

// By comparing each with each: the place of an element is the number of those before it.
#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

constexpr int64_t kMostSorted = 4096;  // along one axis, of which the square is computed

struct Sorted {
  Value* values;   // [..., k]
  Value* indices;  // i32 [..., k]
};

// x [..., N] → pred [..., N, N], whether the first of the two dimensions comes before the second.
Value* comes_before(GraphBuilder& b, Value* first, Value* second, bool largest) {
  const DType dtype = DType::kI32;
  Value* ahead = b.binary(largest ? OpKind::kGreater : OpKind::kLess, first, second);
  const Shape shape = ahead->type.shape;
  const auto rank = static_cast<int64_t>(shape.size());
  Value* earlier = b.binary(OpKind::kLess, b.iota({dtype, shape}, rank - 2), b.iota({dtype, shape}, rank - 1));
  Value* tie = b.create(OpKind::kAnd, {b.binary(OpKind::kEqual, first, second), earlier});
  return b.create(OpKind::kOr, {ahead, tie});
}

// The `count` first of x [..., N], of equals the ones with lower index.
Sorted sort_last(GraphBuilder& b, Value* x, int64_t count, bool largest) {
  const int64_t rank = x->type.rank(), size = x->type.dim(rank - 1);
  require(size <= kMostSorted, "it sorts {} elements, but at most {} are supported", size, kMostSorted);
  Shape rows = x->type.shape, columns = x->type.shape;
  rows.push_back(1);
  columns.insert(columns.end() - 1, 1);
  Value* row = b.reshape(x, rows);
  Value* column = b.reshape(x, columns);
  Value* place = b.sum(b.convert(comes_before(b, row, column, largest), DType::kI32), {rank - 1});  // of each element
  Shape chosen = x->type.shape;
  chosen.push_back(count);
  Value* is_at =
      b.binary(OpKind::kEqual, b.broadcast_to(b.reshape(place, rows), chosen), b.iota({DType::kI32, chosen}, rank));
  Value* values = b.sum(b.select(is_at, b.broadcast_to(row, chosen), 0.0), {rank - 1});
  Value* indices = b.sum(b.select(is_at, b.iota({DType::kI32, chosen}, rank - 1), 0.0), {rank - 1});
  return {values, indices};
}

}  // namespace

void top_k(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis", -1), n.rank());
  const int64_t count = n.version() >= 10 ? n.whole_number(1) : n.whole("k");
  require(n.rank() > 0 && count >= 0 && count <= n.dim(0, axis), "k is {}, but there are {}", count, n.dim(0, axis));
  Value* x = n.value();
  require(x->type.dtype != DType::kPred, "it is of BOOL");
  const Sorted sorted = sort_last(b, b.move_dim(x, axis, n.rank() - 1), count, n.whole("largest", 1) != 0);
  n.give(0, b.move_dim(sorted.values, n.rank() - 1, axis), n.type());
  n.give(1, b.move_dim(sorted.indices, n.rank() - 1, axis), onnx::TensorProto::INT64);
}

}  // namespace minnow::onnx_ops

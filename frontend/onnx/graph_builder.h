// Appends ops as a Builder does, of a file that nobody has checked: types that do not fit, and more than may be
// allocated, are refused. Operands of different shapes are broadcast as in NumPy, dimensions may count from the end.
#pragma once

#include <cstdint>
#include <vector>

#include "frontend/onnx/refusal.h"
#include "ir/builder.h"

namespace minnow {

using Dims = std::vector<int64_t>;

// 0 to rank - 1 of an axis from -rank to rank - 1.
int64_t axis_of(int64_t axis, int64_t rank);
// The same of each, in order and distinct.
Dims axes_of(const Dims& axes, int64_t rank);
// All of first to rank - 1.
Dims dims_from(int64_t first, int64_t rank);
inline Dims first_dims(int64_t count) { return dims_from(0, count); }
// Of operands that are broadcast to each other.
Shape common_shape(const Shape& a, const Shape& b);

class GraphBuilder {
 public:
  GraphBuilder(Function& function, int64_t max_bytes) : builder_(function), max_bytes_(max_bytes) {}

  Builder& builder() { return builder_; }
  Function& function() { return builder_.function(); }

  Value* create(OpKind kind, std::vector<Value*> operands, Attributes attributes = {}, TensorType declared = {});

  Value* constant(TensorType type, double splat) { return constant(std::move(type), std::vector{splat}); }
  Value* constant(TensorType type, std::vector<double> values);
  Value* f32s(Shape shape, std::vector<double> values) {
    return constant({DType::kF32, std::move(shape)}, std::move(values));
  }
  Value* i32s(Shape shape, const Dims& values);
  Value* like(Value* x, double splat) { return constant(x->type, splat); }
  Value* iota(TensorType type, int64_t dim);

  Value* unary(OpKind kind, Value* x) { return create(kind, {x}); }
  Value* neg(Value* x) { return unary(OpKind::kNegate, x); }
  Value* abs(Value* x) { return unary(OpKind::kAbs, x); }
  Value* exp(Value* x) { return unary(OpKind::kExp, x); }
  Value* log(Value* x) { return unary(OpKind::kLog, x); }
  Value* sqrt(Value* x) { return unary(OpKind::kSqrt, x); }
  Value* tanh(Value* x) { return unary(OpKind::kTanh, x); }
  Value* sigmoid(Value* x) { return unary(OpKind::kSigmoid, x); }
  Value* floor(Value* x) { return unary(OpKind::kFloor, x); }
  Value* round(Value* x) { return unary(OpKind::kRound, x); }
  Value* logical_not(Value* x) { return unary(OpKind::kNot, x); }
  Value* square(Value* x) { return mul(x, x); }
  // x itself where it is of this type.
  Value* convert(Value* x, DType dtype);

  Value* binary(OpKind kind, Value* a, Value* b);
  Value* binary(OpKind kind, Value* a, double b) { return create(kind, {a, like(a, b)}); }
  template <typename B>
  Value* add(Value* a, B b) {
    return binary(OpKind::kAdd, a, b);
  }
  template <typename B>
  Value* sub(Value* a, B b) {
    return binary(OpKind::kSubtract, a, b);
  }
  template <typename B>
  Value* mul(Value* a, B b) {
    return binary(OpKind::kMultiply, a, b);
  }
  template <typename B>
  Value* div(Value* a, B b) {
    return binary(OpKind::kDivide, a, b);
  }
  template <typename B>
  Value* max(Value* a, B b) {
    return binary(OpKind::kMaximum, a, b);
  }
  template <typename B>
  Value* min(Value* a, B b) {
    return binary(OpKind::kMinimum, a, b);
  }
  Value* select(Value* pred, Value* a, Value* b);
  Value* select(Value* pred, Value* a, double b) { return select(pred, a, like(a, b)); }
  Value* select(Value* pred, double a, Value* b) { return select(pred, like(b, a), b); }

  Value* broadcast(Value* x, Dims dims, Shape shape);
  Value* broadcast_to(Value* x, const Shape& shape);
  // y [C] along dimension `dim` of this shape.
  Value* along(Value* y, int64_t dim, const Shape& shape) { return broadcast(y, {dim}, shape); }
  Value* reshape(Value* x, Shape shape);
  Value* transpose(Value* x, Dims permutation);
  // Dimension `from` to the place `to`, the others in order.
  Value* move_dim(Value* x, int64_t from, int64_t to);
  Value* slice(Value* x, int64_t dim, int64_t start, int64_t limit, int64_t stride = 1);
  Value* reverse(Value* x, Dims dims) { return create(OpKind::kReverse, {x}, DimsAttributes{std::move(dims)}); }
  Value* concat(std::vector<Value*> parts, int64_t dim);
  // `low` before and `high` behind each dimension.
  Value* pad(Value* x, Dims low, Dims high, double value = 0);
  Value* gather(Value* table, Value* indices, int64_t dim);
  Value* scatter_add(Value* updates, Value* indices, int64_t dim, int64_t size);

  // Over `dims`, which stay with size 1 if `keep`.
  Value* reduce(OpKind kind, Value* x, const Dims& dims, bool keep = false);
  Value* sum(Value* x, const Dims& dims, bool keep = false) { return reduce(OpKind::kReduceSum, x, dims, keep); }
  Value* maximum(Value* x, const Dims& dims, bool keep = false) { return reduce(OpKind::kReduceMax, x, dims, keep); }
  Value* minimum(Value* x, const Dims& dims, bool keep = false);
  Value* mean(Value* x, const Dims& dims, bool keep = false);
  Value* product(Value* x, const Dims& dims, bool keep = false);
  Value* argmax(Value* x, int64_t dim) { return create(OpKind::kArgMax, {x}, DimAttributes{dim}); }
  Value* argsort(Value* x, int64_t dim, bool descending = false) {
    return create(OpKind::kArgSort, {x}, SortAttributes{dim, descending});
  }
  Value* cumsum(Value* x, int64_t dim) { return create(OpKind::kCumSum, {x}, DimAttributes{dim}); }

  // A body of its own, whose results have the types that the attributes ask for.
  Op* loop(std::vector<Value*> operands, LoopAttributes attributes, std::unique_ptr<Function> body);
  int64_t max_bytes() const { return max_bytes_; }
  // What has been appended so far, and back to it: nothing may use what came behind.
  struct Mark {
    size_t ops;
    int64_t bytes;
  };
  Mark mark() { return {function().ops().size(), bytes_}; }
  void take_back(const Mark& mark);
  // Refuses what ops that others have appended, those from this number on, need too much of.
  void count_from(size_t op);

  Value* dot(Value* a, Value* b, std::array<int64_t, 2> contract, int64_t batch = 0);
  // As MatMul and NumPy have it: the last two dimensions are matrices, those before are broadcast.
  Value* matmul(Value* a, Value* b);
  Value* softmax(Value* x, int64_t dim);
  Value* log_softmax(Value* x, int64_t dim);

 private:
  Builder builder_;
  int64_t max_bytes_;
  int64_t bytes_ = 0;
};

}  // namespace minnow

// Appends ops to a Function, inferring and checking types. A type error here is our bug (a layer or a rule that built
// nonsense), so it is a MINNOW_CHECK; the frontend checks shapes with the user's words before it builds.
#pragma once

#include <memory>

#include "ir/function.h"

namespace minnow {

class Builder {
 public:
  explicit Builder(Function& function) : Builder(function, function.ops().end()) {}
  // Ops go before `before`.
  Builder(Function& function, Function::OpList::iterator before) : function_(function), before_(before) {}

  Function& function() { return function_; }
  void set_location(Location location) { location_ = std::move(location); }
  const Location& location() const { return location_; }

  // Any op with one result; `declared` as in infer_type.
  Value* create(OpKind kind, std::vector<Value*> operands, Attributes attributes = {}, TensorType declared = {});

  Value* constant(TensorType type, double splat);
  Value* constant(TensorType type, std::vector<double> values);
  Value* like(const Value* value, double splat) { return constant(value->type, splat); }
  Value* iota(TensorType type, int64_t dim);
  Value* random(Shape shape, Value* seed, Value* step, int64_t stream);

  Value* unary(OpKind kind, Value* x) { return create(kind, {x}); }
  Value* neg(Value* x) { return unary(OpKind::kNegate, x); }
  Value* exp(Value* x) { return unary(OpKind::kExp, x); }
  Value* log(Value* x) { return unary(OpKind::kLog, x); }
  Value* sqrt(Value* x) { return unary(OpKind::kSqrt, x); }
  Value* convert(Value* x, DType dtype);

  Value* add(Value* a, Value* b) { return create(OpKind::kAdd, {a, b}); }
  Value* sub(Value* a, Value* b) { return create(OpKind::kSubtract, {a, b}); }
  Value* mul(Value* a, Value* b) { return create(OpKind::kMultiply, {a, b}); }
  Value* div(Value* a, Value* b) { return create(OpKind::kDivide, {a, b}); }
  Value* max(Value* a, Value* b) { return create(OpKind::kMaximum, {a, b}); }
  Value* min(Value* a, Value* b) { return create(OpKind::kMinimum, {a, b}); }
  Value* compare(OpKind kind, Value* a, Value* b) { return create(kind, {a, b}); }
  Value* select(Value* pred, Value* a, Value* b) { return create(OpKind::kSelect, {pred, a, b}); }
  // Arithmetic with a splat of the same type.
  Value* add(Value* a, double b) { return add(a, like(a, b)); }
  Value* mul(Value* a, double b) { return mul(a, like(a, b)); }

  Value* broadcast(Value* x, std::vector<int64_t> dims, Shape shape);
  Value* broadcast_scalar(Value* x, Shape shape) { return broadcast(x, {}, std::move(shape)); }
  Value* reshape(Value* x, Shape shape);
  Value* transpose(Value* x, std::vector<int64_t> permutation);
  // Elements start, start + stride, ... below limit of one dimension, all of the others.
  Value* slice(Value* x, int64_t dim, int64_t start, int64_t limit, int64_t stride = 1);
  Value* reverse(Value* x, std::vector<int64_t> dims);
  Value* slice(Value* x, SliceAttributes attributes);
  Value* concat(std::vector<Value*> parts, int64_t dim);
  // Parts of `table` along `dim`, as ops.def says.
  Value* gather(Value* table, Value* indices, int64_t dim = 0);

  Value* reduce_sum(Value* x, std::vector<int64_t> dims);
  Value* reduce_max(Value* x, std::vector<int64_t> dims);
  Value* reduce_mean(Value* x, std::vector<int64_t> dims);
  Value* cumsum(Value* x, int64_t dim);
  Value* argmax(Value* x, int64_t dim);
  Value* argsort(Value* x, int64_t dim, bool descending = false);

  Value* dot(Value* a, Value* b, std::array<int64_t, 2> contract = {1, 0}, int64_t batch = 0);
  Value* conv(Value* x, Value* w, ConvAttributes attributes);
  Value* window(OpKind kind, Value* x, WindowAttributes attributes);

  // A loop whose results have the types that the body's give them; its parameters have those of the operands.
  Op* loop(std::vector<Value*> operands, LoopAttributes attributes, std::unique_ptr<Function> body);

 private:
  Function& function_;
  Function::OpList::iterator before_;
  Location location_;
};

}  // namespace minnow

#include "ir/builder.h"

#include "ir/infer.h"
#include "ir/loop.h"

namespace minnow {

Value* Builder::create(OpKind kind, std::vector<Value*> operands, Attributes attributes, TensorType declared) {
  if (std::holds_alternative<NoAttributes>(attributes)) attributes = default_attributes(kind);
  std::vector<TensorType> types;
  for (const Value* operand : operands) types.push_back(operand->type);
  auto type = infer_type(kind, types, attributes, declared);
  MINNOW_CHECK(type.has_value(), "layer \"{}\": {}", location_.layer, type.error().message);
  auto op = make_op(kind, std::move(operands), std::move(attributes), {*std::move(type)}, location_);
  return function_.insert(before_, std::move(op))->result();
}

Value* Builder::constant(TensorType type, double splat) { return constant(std::move(type), std::vector{splat}); }

Value* Builder::constant(TensorType type, std::vector<double> values) {
  return create(OpKind::kConstant, {}, ConstantAttributes{std::move(values)}, std::move(type));
}

Value* Builder::iota(TensorType type, int64_t dim) {
  return create(OpKind::kIota, {}, DimAttributes{dim}, std::move(type));
}

Value* Builder::random(Shape shape, Value* seed, Value* step, int64_t stream) {
  return create(OpKind::kRandom, {seed, step}, RandomAttributes{stream}, {DType::kF32, std::move(shape)});
}

Value* Builder::convert(Value* x, DType dtype) { return create(OpKind::kConvert, {x}, {}, {dtype, x->type.shape}); }

Value* Builder::broadcast(Value* x, std::vector<int64_t> dims, Shape shape) {
  const DType dtype = x->type.dtype;
  return create(OpKind::kBroadcast, {x}, DimsAttributes{std::move(dims)}, {dtype, std::move(shape)});
}

Value* Builder::reshape(Value* x, Shape shape) {
  const DType dtype = x->type.dtype;
  return create(OpKind::kReshape, {x}, {}, {dtype, std::move(shape)});
}

Value* Builder::slice(Value* x, int64_t dim, int64_t start, int64_t limit, int64_t stride) {
  SliceAttributes slice{Shape(x->type.shape.size(), 0), x->type.shape, Shape(x->type.shape.size(), 1)};
  slice.start[static_cast<size_t>(dim)] = start;
  slice.limit[static_cast<size_t>(dim)] = limit;
  slice.stride[static_cast<size_t>(dim)] = stride;
  return create(OpKind::kSlice, {x}, std::move(slice));
}

Value* Builder::transpose(Value* x, std::vector<int64_t> permutation) {
  return create(OpKind::kTranspose, {x}, DimsAttributes{std::move(permutation)});
}

Value* Builder::reverse(Value* x, std::vector<int64_t> dims) {
  return create(OpKind::kReverse, {x}, DimsAttributes{std::move(dims)});
}

Value* Builder::slice(Value* x, SliceAttributes attributes) {
  return create(OpKind::kSlice, {x}, std::move(attributes));
}

Value* Builder::concat(std::vector<Value*> parts, int64_t dim) {
  return create(OpKind::kConcat, std::move(parts), DimAttributes{dim});
}

Value* Builder::gather(Value* table, Value* indices, int64_t dim) {
  return create(OpKind::kGather, {table, indices}, DimAttributes{dim});
}

Value* Builder::reduce_sum(Value* x, std::vector<int64_t> dims) {
  return create(OpKind::kReduceSum, {x}, DimsAttributes{std::move(dims)});
}

Value* Builder::reduce_max(Value* x, std::vector<int64_t> dims) {
  return create(OpKind::kReduceMax, {x}, DimsAttributes{std::move(dims)});
}

Value* Builder::reduce_mean(Value* x, std::vector<int64_t> dims) {
  double count = 1;
  for (const int64_t dim : dims) count *= static_cast<double>(x->type.dim(dim));
  return mul(reduce_sum(x, std::move(dims)), 1.0 / count);
}

Value* Builder::cumsum(Value* x, int64_t dim) { return create(OpKind::kCumSum, {x}, DimAttributes{dim}); }

Value* Builder::argmax(Value* x, int64_t dim) { return create(OpKind::kArgMax, {x}, DimAttributes{dim}); }
Value* Builder::argsort(Value* x, int64_t dim, bool descending) {
  return create(OpKind::kArgSort, {x}, SortAttributes{dim, descending});
}

Value* Builder::dot(Value* a, Value* b, std::array<int64_t, 2> contract, int64_t batch) {
  return create(OpKind::kDot, {a, b}, DotAttributes{contract, batch});
}

Value* Builder::conv(Value* x, Value* w, ConvAttributes attributes) {
  return create(OpKind::kConv, {x, w}, std::move(attributes));
}

Value* Builder::window(OpKind kind, Value* x, WindowAttributes attributes) {
  return create(kind, {x}, std::move(attributes));
}

Op* Builder::loop(std::vector<Value*> operands, LoopAttributes attributes, std::unique_ptr<Function> body) {
  std::vector<TensorType> operand_types, types;
  for (const Value* operand : operands) operand_types.push_back(operand->type);
  for (size_t i = 0; i < body->results().size(); ++i) {
    const TensorType& type = body->results()[i].value->type;
    types.push_back(is_stacked(attributes, i) ? put_together(type, attributes.count) : type);
  }
  const Status fits = check_loop_types(attributes, operand_types, types);
  MINNOW_CHECK(fits.has_value(), "layer \"{}\": {}", location_.layer, fits.error().message);
  auto op = make_op(OpKind::kLoop, std::move(operands), std::move(attributes), std::move(types), location_);
  op->body = std::move(body);
  return function_.insert(before_, std::move(op));
}

}  // namespace minnow

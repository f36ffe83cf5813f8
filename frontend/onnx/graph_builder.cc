#include "frontend/onnx/graph_builder.h"

#include <algorithm>

#include "ir/infer.h"

namespace minnow {
namespace {

constexpr size_t kMostOps = 2000000;

// With 1 in front of what is there.
Shape widened(const Shape& shape, size_t rank) {
  Shape wide(rank - shape.size(), 1);
  wide.insert(wide.end(), shape.begin(), shape.end());
  return wide;
}

}  // namespace

int64_t axis_of(int64_t axis, int64_t rank) {
  require(axis >= -rank && axis < rank, "axis {} does not exist in {} dimensions", axis, rank);
  return axis < 0 ? axis + rank : axis;
}

Dims axes_of(const Dims& axes, int64_t rank) {
  Dims found;
  for (const int64_t axis : axes) found.push_back(axis_of(axis, rank));
  std::ranges::sort(found);
  require(std::ranges::adjacent_find(found) == found.end(), "an axis is named twice");
  return found;
}

Dims dims_from(int64_t first, int64_t rank) {
  Dims dims;
  for (int64_t i = first; i < rank; ++i) dims.push_back(i);
  return dims;
}

Shape common_shape(const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape x = widened(a, rank);
  const Shape y = widened(b, rank);
  for (size_t i = 0; i < rank; ++i) {
    require(x[i] == y[i] || x[i] == 1 || y[i] == 1, "shapes {} and {} cannot be broadcast to each other",
            shape_to_string(a), shape_to_string(b));
    if (x[i] == 1) x[i] = y[i];
  }
  return x;
}

Value* GraphBuilder::create(OpKind kind, std::vector<Value*> operands, Attributes attributes, TensorType declared) {
  if (std::holds_alternative<NoAttributes>(attributes)) attributes = default_attributes(kind);
  std::vector<TensorType> types;
  for (const Value* operand : operands) types.push_back(operand->type);
  const auto type = infer_type(kind, types, attributes, declared);
  if (!type) refuse("{}", type.error().message);
  bytes_ += type->bytes();
  require(bytes_ <= max_bytes_, "with its result {} the graph needs {} bytes, but {} are allowed", type->to_string(),
          bytes_, max_bytes_);
  require(function().ops().size() < kMostOps, "the graph makes more than {} ops", kMostOps);
  return builder_.create(kind, std::move(operands), std::move(attributes), std::move(declared));
}

Value* GraphBuilder::constant(TensorType type, std::vector<double> values) {
  return create(OpKind::kConstant, {}, ConstantAttributes{std::move(values)}, std::move(type));
}

Value* GraphBuilder::i32s(Shape shape, const Dims& values) {
  return constant({DType::kI32, std::move(shape)}, std::vector<double>(values.begin(), values.end()));
}

Value* GraphBuilder::iota(TensorType type, int64_t dim) {
  return create(OpKind::kIota, {}, DimAttributes{dim}, std::move(type));
}

Value* GraphBuilder::convert(Value* x, DType dtype) {
  return x->type.dtype == dtype ? x : create(OpKind::kConvert, {x}, {}, {dtype, x->type.shape});
}

Value* GraphBuilder::binary(OpKind kind, Value* a, Value* b) {
  const Shape shape = common_shape(a->type.shape, b->type.shape);
  return create(kind, {broadcast_to(a, shape), broadcast_to(b, shape)});
}

Value* GraphBuilder::select(Value* pred, Value* a, Value* b) {
  const Shape shape = common_shape(common_shape(pred->type.shape, a->type.shape), b->type.shape);
  return create(OpKind::kSelect, {broadcast_to(pred, shape), broadcast_to(a, shape), broadcast_to(b, shape)});
}

Value* GraphBuilder::broadcast(Value* x, Dims dims, Shape shape) {
  const DType dtype = x->type.dtype;
  return create(OpKind::kBroadcast, {x}, DimsAttributes{std::move(dims)}, {dtype, std::move(shape)});
}

// Dimensions of size 1 that are repeated go, the others stay where they are.
Value* GraphBuilder::broadcast_to(Value* x, const Shape& shape) {
  const Shape& from = x->type.shape;
  if (from == shape) return x;
  require(from.size() <= shape.size() && common_shape(from, shape) == shape, "shape {} cannot be broadcast to {}",
          shape_to_string(from), shape_to_string(shape));
  const size_t added = shape.size() - from.size();
  Dims dims;
  Shape kept;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] != shape[i + added]) continue;
    dims.push_back(static_cast<int64_t>(i + added));
    kept.push_back(from[i]);
  }
  return broadcast(reshape(x, std::move(kept)), std::move(dims), shape);
}

Value* GraphBuilder::reshape(Value* x, Shape shape) {
  if (x->type.shape == shape) return x;
  const DType dtype = x->type.dtype;
  return create(OpKind::kReshape, {x}, {}, {dtype, std::move(shape)});
}

Value* GraphBuilder::transpose(Value* x, Dims permutation) {
  if (permutation == first_dims(x->type.rank())) return x;
  return create(OpKind::kTranspose, {x}, DimsAttributes{std::move(permutation)});
}

Value* GraphBuilder::move_dim(Value* x, int64_t from, int64_t to) {
  Dims permutation = first_dims(x->type.rank());
  permutation.erase(permutation.begin() + from);
  permutation.insert(permutation.begin() + to, from);
  return transpose(x, std::move(permutation));
}

Value* GraphBuilder::slice(Value* x, int64_t dim, int64_t start, int64_t limit, int64_t stride) {
  const Shape& shape = x->type.shape;
  const auto at = static_cast<size_t>(dim);
  if (start == 0 && limit == shape[at] && stride == 1) return x;
  SliceAttributes slice{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
  slice.start[at] = start;
  slice.limit[at] = limit;
  slice.stride[at] = stride;
  return create(OpKind::kSlice, {x}, std::move(slice));
}

Value* GraphBuilder::concat(std::vector<Value*> parts, int64_t dim) {
  return parts.size() == 1 ? parts[0] : create(OpKind::kConcat, std::move(parts), DimAttributes{dim});
}

Value* GraphBuilder::pad(Value* x, Dims low, Dims high, double value) {
  const auto is_zero = [](int64_t n) { return n == 0; };
  if (std::ranges::all_of(low, is_zero) && std::ranges::all_of(high, is_zero)) return x;
  Dims interior(low.size(), 0);
  return create(OpKind::kPad, {x}, PadAttributes{std::move(low), std::move(high), std::move(interior), value});
}

Value* GraphBuilder::gather(Value* table, Value* indices, int64_t dim) {
  return create(OpKind::kGather, {table, indices}, DimAttributes{dim});
}

Value* GraphBuilder::scatter_add(Value* updates, Value* indices, int64_t dim, int64_t size) {
  return create(OpKind::kScatterAdd, {updates, indices}, ScatterAttributes{dim, size});
}

Value* GraphBuilder::reduce(OpKind kind, Value* x, const Dims& dims, bool keep) {
  Shape kept = x->type.shape;
  for (const int64_t dim : dims) kept[static_cast<size_t>(dim)] = 1;
  Value* reduced = dims.empty() ? x : create(kind, {x}, DimsAttributes{dims});
  return keep ? reshape(reduced, std::move(kept)) : reduced;
}

// Of whole numbers by -1 - x, which unlike -x has no overflow.
Value* GraphBuilder::minimum(Value* x, const Dims& dims, bool keep) {
  if (is_float(x->type.dtype)) return neg(maximum(neg(x), dims, keep));
  const auto flipped = [&](Value* v) { return sub(like(v, -1), v); };
  return flipped(maximum(flipped(x), dims, keep));
}

Value* GraphBuilder::mean(Value* x, const Dims& dims, bool keep) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= x->type.dim(dim);
  return mul(sum(x, dims, keep), 1.0 / static_cast<double>(count));
}

// The two halves are multiplied until there is one.
Value* GraphBuilder::product(Value* x, const Dims& dims, bool keep) {
  Value* y = x;
  for (const int64_t dim : dims) {
    const auto at = static_cast<size_t>(dim);
    if (y->type.dim(dim) == 0) {
      Shape one = y->type.shape;
      one[at] = 1;
      y = constant({y->type.dtype, std::move(one)}, 1);
    }
    while (y->type.dim(dim) > 1) {
      const int64_t size = y->type.dim(dim), half = size / 2;
      Value* rest = slice(y, dim, 2 * half, size);
      y = mul(slice(y, dim, 0, half), slice(y, dim, half, 2 * half));
      if (size % 2 != 0) y = concat({y, rest}, dim);
    }
  }
  return reduce(OpKind::kReduceSum, y, dims, keep);
}

Op* GraphBuilder::loop(std::vector<Value*> operands, LoopAttributes attributes, std::unique_ptr<Function> body) {
  for (const FunctionResult& result : body->results()) {
    bytes_ += result.value->type.bytes() * attributes.count;
    require(bytes_ <= max_bytes_, "with {} steps of {} the graph needs {} bytes, but {} are allowed", attributes.count,
            result.value->type.to_string(), bytes_, max_bytes_);
  }
  return builder_.loop(std::move(operands), std::move(attributes), std::move(body));
}

void GraphBuilder::take_back(const Mark& mark) {
  while (function().ops().size() > mark.ops) function().ops().pop_back();
  bytes_ = mark.bytes;
}

void GraphBuilder::count_from(size_t op) {
  const Function::OpList& ops = function().ops();
  require(ops.size() < kMostOps, "the graph makes more than {} ops", kMostOps);
  for (auto it = std::next(ops.begin(), static_cast<int64_t>(op)); it != ops.end(); ++it)
    for (const auto& result : (*it)->results) bytes_ += result->type.bytes();
  require(bytes_ <= max_bytes_, "the graph needs {} bytes, but {} are allowed", bytes_, max_bytes_);
}

Value* GraphBuilder::dot(Value* a, Value* b, std::array<int64_t, 2> contract, int64_t batch) {
  return create(OpKind::kDot, {a, b}, DotAttributes{contract, batch});
}

Value* GraphBuilder::matmul(Value* a, Value* b) {
  require(a->type.rank() > 0 && b->type.rank() > 0, "a product of matrices needs operands of rank 1 or more");
  const int64_t a_rank = a->type.rank(), b_rank = b->type.rank();
  // A matrix, or a vector, on the right of any number of rows, and a vector on the left of a matrix.
  if (b_rank <= 2) return dot(a, b, {a_rank - 1, std::max<int64_t>(b_rank - 2, 0)});
  if (a_rank == 1) {
    const Shape rows(b->type.shape.begin(), b->type.shape.end() - 1);
    return dot(broadcast_to(a, rows), b, {b_rank - 2, b_rank - 2}, b_rank - 2);
  }
  const Shape& x = a->type.shape;
  const Shape& y = b->type.shape;
  Shape batch = common_shape(Shape(x.begin(), x.end() - 2), Shape(y.begin(), y.end() - 2));
  const auto with_matrix = [&](const Shape& shape) {
    Shape whole = batch;
    whole.insert(whole.end(), shape.end() - 2, shape.end());
    return whole;
  };
  const auto count = static_cast<int64_t>(batch.size());
  return dot(broadcast_to(a, with_matrix(x)), broadcast_to(b, with_matrix(y)), {count + 1, count}, count);
}

// Written so that the pass stabilize-softmax finds nothing left to do.
Value* GraphBuilder::softmax(Value* x, int64_t dim) {
  Value* e = exp(sub(x, maximum(x, {dim}, true)));
  return div(e, sum(e, {dim}, true));
}

Value* GraphBuilder::log_softmax(Value* x, int64_t dim) {
  Value* shifted = sub(x, maximum(x, {dim}, true));
  return sub(shifted, log(sum(exp(shifted), {dim}, true)));
}

}  // namespace minnow

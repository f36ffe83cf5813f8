#include "proof/op_cases.h"

#include <algorithm>

#include "ir/infer.h"
#include "proof/op_drawing.h"

namespace minnow::proof {

int64_t draw(Rng& rng, int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(rng); }

const std::vector<DType>& all_dtypes() {
  static const std::vector<DType> kAll = {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred};
  return kAll;
}

int64_t OpDrawing::extent(int64_t limit) {
  return std::clamp<int64_t>(source.shape(1)[0], 1, std::max<int64_t>(1, limit));
}

std::vector<int64_t> OpDrawing::subset(size_t rank) {
  std::vector<int64_t> dims;
  for (size_t i = 0; i < rank; ++i)
    if (draw(rng, 0, 1)) dims.push_back(static_cast<int64_t>(i));
  return dims;
}

namespace {

std::vector<TensorType> operand_types(OpKind kind, DType dtype, const Shape& shape) {
  std::vector<TensorType> types(static_cast<size_t>(op_info(kind).operands), TensorType{dtype, shape});
  if (kind == OpKind::kSelect) types[0].dtype = DType::kPred;
  return types;
}

Domain domain_of(OpKind kind) {
  switch (kind) {
    case OpKind::kLog:
    case OpKind::kSqrt:
    case OpKind::kPower: return {.low = 0.2, .required = true};
    case OpKind::kDivide: return {.low = 0.3, .required = true};
    case OpKind::kLog1p: return {.low = -0.7, .required = true};
    case OpKind::kExp:
    case OpKind::kSin:
    case OpKind::kCos:
    case OpKind::kMultiply: return {.required = true};
    default: return {.exact = has_trait(kind, kCompare | kStep)};
  }
}

Value* draw_elementwise(OpDrawing& d) {
  std::vector<Value*> operands;
  for (const TensorType& type : operand_types(d.kind, d.source.dtype(accepted_dtypes(d.kind)), d.shape(0, 4)))
    operands.push_back(d.source.operand(type, domain_of(d.kind)));
  return d.builder.create(d.kind, operands);
}

Value* draw_convert(OpDrawing& d) {
  const TensorType from{d.source.dtype(all_dtypes()), d.shape(0, 4)};
  const DType to = d.source.dtype(all_dtypes());
  return d.builder.convert(d.source.operand(from, {.exact = !is_float(to)}), to);
}

Value* draw_constant(OpDrawing& d) {
  const TensorType type{d.source.dtype(all_dtypes()), d.shape(0, 3)};
  std::vector<double> values(d.coin() ? 1 : static_cast<size_t>(type.elements()));
  const double unit = is_float(type.dtype) ? 0.25 : 1;
  for (double& value : values) value = static_cast<double>(draw(d.rng, 0, 1)) * unit;
  return d.builder.constant(type, std::move(values));
}

Value* draw_iota(OpDrawing& d) {
  const Shape shape = d.shape(1, 4);
  const DType dtype = d.source.dtype({DType::kF32, DType::kF64, DType::kI32});
  return d.builder.iota({dtype, shape}, draw(d.rng, 0, std::ssize(shape) - 1));
}

Value* draw_random(OpDrawing& d) {
  Value* seed = d.source.operand({DType::kI32, {}}, {.low = 0, .high = 1e6});
  Value* step = d.source.operand({DType::kI32, {}}, {.low = 0, .high = 1e6});
  return d.builder.random(d.shape(0, 4), seed, step, draw(d.rng, 0, 1000));
}

Value* draw_broadcast(OpDrawing& d) {
  const Shape from = d.shape(0, 3);
  int64_t room = kCaseElements / std::max<int64_t>(1, element_count(from));
  Shape to;
  std::vector<int64_t> dims;
  for (size_t next = 0; next < from.size() || (to.size() < 4 && d.coin());) {
    if (next < from.size() && (to.size() - next >= 4 - from.size() || d.coin())) {
      dims.push_back(std::ssize(to));
      to.push_back(from[next++]);
    } else {
      to.push_back(d.extent(room));
      room /= to.back();
    }
  }
  return d.builder.broadcast(d.any_operand(from), dims, to);
}

int64_t draw_divisor(Rng& rng, int64_t of) {
  std::vector<int64_t> divisors;
  for (int64_t i = 1; i <= of; ++i)
    if (of % i == 0) divisors.push_back(i);
  return pick(rng, divisors);
}

Value* draw_reshape(OpDrawing& d) {
  const Shape from = d.shape(0, 4);
  int64_t left = element_count(from);
  Shape to;
  for (int64_t i = draw(d.rng, 0, 3); i > 0; --i) {
    to.push_back(draw_divisor(d.rng, left));
    left /= to.back();
  }
  if (left != 1 || d.coin()) to.push_back(left);
  return d.builder.reshape(d.any_operand(from), to);
}

Value* draw_transpose(OpDrawing& d) {
  const Shape shape = d.shape(0, 4);
  std::vector<int64_t> order;
  for (size_t i = 0; i < shape.size(); ++i) order.push_back(static_cast<int64_t>(i));
  std::ranges::shuffle(order, d.rng);
  return d.builder.transpose(d.any_operand(shape), order);
}

Value* draw_reverse(OpDrawing& d) {
  const Shape shape = d.shape(0, 4);
  return d.builder.reverse(d.any_operand(shape), d.subset(shape.size()));
}

Value* draw_slice(OpDrawing& d) {
  const Shape shape = d.shape(0, 4);
  SliceAttributes slice;
  for (const int64_t extent : shape) {
    slice.start.push_back(draw(d.rng, 0, extent - 1));
    slice.limit.push_back(draw(d.rng, slice.start.back() + 1, extent));
    slice.stride.push_back(draw(d.rng, 1, 3));
  }
  return d.builder.create(OpKind::kSlice, {d.any_operand(shape)}, slice);
}

Value* draw_pad(OpDrawing& d) {
  const Shape shape = d.shape(0, 4);
  PadAttributes pad;
  for (size_t i = 0; i < shape.size(); ++i)
    for (auto* amounts : {&pad.low, &pad.high, &pad.interior}) amounts->push_back(draw(d.rng, 0, 2));
  Value* x = d.any_operand(shape);
  pad.value = is_float(x->type.dtype) ? 1.5 : 1;
  return d.builder.create(OpKind::kPad, {x}, pad);
}

Value* draw_concat(OpDrawing& d) {
  TensorType type{d.source.dtype(all_dtypes()), d.shape(1, 4)};
  const int64_t dim = draw(d.rng, 0, type.rank() - 1);
  int64_t& extent = type.shape[static_cast<size_t>(dim)];
  const int64_t others = element_count(type.shape) / extent;
  std::vector<Value*> parts;
  for (int64_t i = draw(d.rng, 1, 4); i > 0; --i) {
    parts.push_back(d.source.operand(type, {}));
    extent = d.extent(kCaseElements / others);
  }
  return d.builder.concat(parts, dim);
}

// Up to two dimensions of indices, so many that all dimensions together are at most four and the result is small.
Shape draw_indices(OpDrawing& d, size_t others, int64_t elements) {
  Shape shape;
  int64_t room = kCaseElements / std::max<int64_t>(1, elements);
  for (int64_t i = draw(d.rng, 0, std::min<int64_t>(2, 4 - static_cast<int64_t>(others))); i > 0; --i) {
    shape.push_back(d.extent(room));
    room /= shape.back();
  }
  return shape;
}

// Indices reach one beyond the table at both ends.
Domain indices_into(int64_t size) { return {.low = -1, .high = static_cast<double>(size)}; }

Value* draw_gather(OpDrawing& d) {
  const Shape table = d.shape(1, 3);
  const int64_t dim = draw(d.rng, 0, std::ssize(table) - 1), size = table[static_cast<size_t>(dim)];
  const Shape indices = draw_indices(d, table.size() - 1, element_count(table) / size);
  Value* x = d.any_operand(table);
  return d.builder.gather(x, d.source.operand({DType::kI32, indices}, indices_into(size)), dim);
}

Value* draw_scatter_add(OpDrawing& d) {
  const Shape table = d.shape(1, 3);
  const int64_t dim = draw(d.rng, 0, std::ssize(table) - 1), size = table[static_cast<size_t>(dim)];
  const Shape indices = draw_indices(d, table.size() - 1, element_count(table) / size);
  Shape updates = table;
  const auto at = updates.erase(updates.begin() + dim);
  updates.insert(at, indices.begin(), indices.end());
  Value* x = d.source.operand({d.source.dtype({DType::kF32, DType::kF64, DType::kI32}), updates}, {});
  Value* where = d.source.operand({DType::kI32, indices}, indices_into(size));
  return d.builder.create(OpKind::kScatterAdd, {x, where}, ScatterAttributes{dim, size});
}

Value* draw_reduction(OpDrawing& d) {
  const TensorType type{d.source.dtype({DType::kF32, DType::kF64, DType::kI32}), d.shape(0, 4)};
  const DimsAttributes dims{d.subset(type.shape.size())};
  return d.builder.create(d.kind, {d.source.operand(type, {})}, dims);
}

Value* draw_argmax(OpDrawing& d) {
  const TensorType type{d.source.dtype(all_dtypes()), d.shape(1, 4)};
  return d.builder.argmax(d.source.operand(type, {.exact = true}), draw(d.rng, 0, type.rank() - 1));
}

Value* draw_cumsum(OpDrawing& d) {
  const TensorType type{d.source.dtype({DType::kF32, DType::kF64, DType::kI32}), d.shape(1, 4)};
  return d.builder.cumsum(d.source.operand(type, {}), draw(d.rng, 0, type.rank() - 1));
}

// Whole numbers, so that some are equal.
Value* draw_argsort(OpDrawing& d) {
  const TensorType type{d.source.dtype(all_dtypes()), d.shape(1, 4)};
  return d.builder.argsort(d.source.operand(type, {.exact = true}), draw(d.rng, 0, type.rank() - 1), d.coin());
}

using DrawOp = Value* (*)(OpDrawing&);

struct Row {
  OpKind kind;
  DrawOp draw;
};

// Elementwise ops follow from their traits; every other kind has a row.
constexpr Row kRows[] = {
    {OpKind::kConvert, draw_convert},
    {OpKind::kConstant, draw_constant},
    {OpKind::kIota, draw_iota},
    {OpKind::kRandom, draw_random},
    {OpKind::kBroadcast, draw_broadcast},
    {OpKind::kReshape, draw_reshape},
    {OpKind::kTranspose, draw_transpose},
    {OpKind::kReverse, draw_reverse},
    {OpKind::kSlice, draw_slice},
    {OpKind::kPad, draw_pad},
    {OpKind::kConcat, draw_concat},
    {OpKind::kGather, draw_gather},
    {OpKind::kScatterAdd, draw_scatter_add},
    {OpKind::kReduceSum, draw_reduction},
    {OpKind::kReduceMax, draw_reduction},
    {OpKind::kArgMax, draw_argmax},
    {OpKind::kCumSum, draw_cumsum},
    {OpKind::kArgSort, draw_argsort},
    {OpKind::kDot, draw_dot},
    {OpKind::kConv, draw_conv},
    {OpKind::kConvInput, draw_conv},
    {OpKind::kConvFilter, draw_conv},
    {OpKind::kWindowMax, draw_window},
    {OpKind::kWindowSum, draw_window},
    {OpKind::kWindowSpread, draw_window},
    {OpKind::kWindowPick, draw_window},
    {OpKind::kLoop, draw_loop},
};

}  // namespace

std::vector<DType> accepted_dtypes(OpKind kind) {
  std::vector<DType> accepted;
  for (const DType dtype : all_dtypes())
    if (infer_type(kind, operand_types(kind, dtype, {}), {}, {})) accepted.push_back(dtype);
  return accepted;
}

Value* draw_op(OpKind kind, Builder& builder, OperandSource& source, Rng& rng) {
  OpDrawing drawing{kind, builder, source, rng};
  const auto* row = std::ranges::find(kRows, kind, &Row::kind);
  if (row != std::end(kRows)) return row->draw(drawing);
  return has_trait(kind, kElementwise) ? draw_elementwise(drawing) : nullptr;
}

}  // namespace minnow::proof

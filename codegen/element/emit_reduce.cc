// Reductions as loops inside an element: right everywhere, fast only where small.
#include <algorithm>

#include "codegen/element/accumulate.h"
#include "codegen/element/emit_rules.h"

namespace minnow {

using V = llvm::Value*;

namespace {

// The operand's position: reduced dimensions from `inner`, the others from the result's position.
Position with_kept(ElementEmitter& emitter, const Shape& shape, std::span<const int64_t> dims, const Position& at) {
  Position inner;
  size_t next = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i) {
    const bool reduced = std::find(dims.begin(), dims.end(), i) != dims.end();
    inner.push_back(reduced ? emitter.constant(0) : at[next++]);
  }
  return inner;
}

V emit_reduction(ElementEmitter& emitter, const Op& op, const Position& at, bool is_max) {
  const TensorType& type = op.operands[0]->type;
  const auto& dims = op.attr<DimsAttributes>().dims;
  Accumulator sum(emitter, type.dtype, is_max ? lowest(type.dtype) : 0);
  Position inner = with_kept(emitter, type.shape, dims, at);
  emitter.loops(type.shape, dims, inner, [&] {
    V element = emitter.emit(op.operands[0], inner);
    ScalarMath& math = emitter.math();
    sum.set(is_max ? math.max(type.dtype, sum.get(), element) : math.add(type.dtype, sum.get(), element));
  });
  return sum.get();
}

}  // namespace

V EmitRule<OpKind::kReduceSum>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return emit_reduction(emitter, op, at, false);
}
V EmitRule<OpKind::kReduceMax>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return emit_reduction(emitter, op, at, true);
}

V EmitRule<OpKind::kArgMax>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const TensorType& type = op.operands[0]->type;
  const int64_t dim = op.attr<DimAttributes>().dim;
  const int64_t dims[] = {dim};
  Position inner = with_kept(emitter, type.shape, dims, at);
  Accumulator best(emitter, type.dtype, 0);
  Accumulator index(emitter, DType::kI32, 0);
  best.set(emitter.emit(op.operands[0], inner));
  emitter.loop(1, type.dim(dim), [&](const Coord& i) {
    inner[static_cast<size_t>(dim)] = i;
    V element = emitter.emit(op.operands[0], inner);
    V greater = exceeds(emitter, type.dtype, element, best.get());
    V number = emitter.splat(emitter.ir().CreateTrunc(emitter.index_of(i), emitter.ir().getInt32Ty()));
    best.set(emitter.math().select(greater, element, best.get()));
    index.set(emitter.math().select(greater, number, index.get()));
  });
  return index.get();
}

namespace {

V lane_numbers(ElementEmitter& emitter, const Coord& at) {
  V numbers = emitter.per_lane(at);
  return emitter.lanes() == 1 ? emitter.ir().CreateTrunc(numbers, emitter.ir().getInt32Ty()) : numbers;
}

// Adds `element` to the lanes where the condition holds.
void add_where(ElementEmitter& emitter, DType dtype, Accumulator& sum, V condition, V element) {
  V with = emitter.math().add(dtype, sum.get(), element);
  sum.set(emitter.math().select(condition, with, sum.get()));
}

}  // namespace

// Goes through all updates for each element; emit_columns.h does not.
V EmitRule<OpKind::kScatterAdd>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto& [dim, size] = op.attr<ScatterAttributes>();
  const TensorType& indices = op.operands[1]->type;
  const auto row = at.begin() + dim;
  Position from(at.begin(), row);
  from.insert(from.end(), indices.shape.size(), emitter.constant(0));
  from.insert(from.end(), row + 1, at.end());
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < indices.rank(); ++i) dims.push_back(dim + i);
  Accumulator sum(emitter, op.type().dtype, 0);
  V wanted = lane_numbers(emitter, *row);
  emitter.loops(op.operands[0]->type.shape, dims, from, [&] {
    const Position which(from.begin() + dim, from.begin() + dim + indices.rank());
    V index = emit_row_index(emitter, op.operands[1], which, size);
    add_where(emitter, op.type().dtype, sum, emitter.ir().CreateICmpEQ(index, wanted),
              emitter.emit(op.operands[0], from));
  });
  return sum.get();
}

// Begins anew for each element; emit_columns.h does not.
V EmitRule<OpKind::kCumSum>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto dim = static_cast<size_t>(op.attr<DimAttributes>().dim);
  Accumulator sum(emitter, op.type().dtype, 0);
  V last = lane_numbers(emitter, at[dim]);
  Position from = at;
  emitter.loop(0, op.type().shape[dim], [&](const Coord& i) {
    from[dim] = i;
    V number = emitter.splat(emitter.ir().CreateTrunc(emitter.index_of(i), emitter.ir().getInt32Ty()));
    add_where(emitter, op.type().dtype, sum, emitter.ir().CreateICmpSLE(number, last),
              emitter.emit(op.operands[0], from));
  });
  return sum.get();
}

}  // namespace minnow

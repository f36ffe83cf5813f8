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
    V number = emitter.splat(emitter.ir().CreateTrunc(i.base, emitter.ir().getInt32Ty()));
    best.set(emitter.math().select(greater, element, best.get()));
    index.set(emitter.math().select(greater, number, index.get()));
  });
  return index.get();
}

V EmitRule<OpKind::kScatterAdd>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const DType dtype = op.type().dtype;
  Accumulator sum(emitter, dtype, 0);
  Position from = at;
  emitter.loop(0, op.operands[1]->type.dim(0), [&](const Coord& n) {
    from[0] = n;
    V index = emitter.emit(op.operands[1], {n});
    index = emitter.math().max(DType::kI32, index, emitter.constant_of(DType::kI32, 0));
    index = emitter.math().min(DType::kI32, index,
                               emitter.constant_of(DType::kI32, static_cast<double>(op.type().dim(0) - 1)));
    V row = emitter.lanes() == 1 ? emitter.ir().CreateTrunc(at[0].base, emitter.ir().getInt32Ty())
                                 : emitter.per_lane(at[0]);
    V update = emitter.emit(op.operands[0], from);
    V sum_with = emitter.math().add(dtype, sum.get(), update);
    sum.set(emitter.math().select(emitter.ir().CreateICmpEQ(index, row), sum_with, sum.get()));
  });
  return sum.get();
}

}  // namespace minnow

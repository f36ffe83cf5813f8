// Leaves and ops that move elements.
#include <algorithm>

#include "codegen/element/accumulate.h"
#include "codegen/element/emit_rules.h"

namespace minnow {

using V = llvm::Value*;

V EmitRule<OpKind::kConstant>::apply(ElementEmitter& emitter, const Op& op, const Position&) {
  return emitter.constant_of(op.type().dtype, op.attr<ConstantAttributes>().values[0]);
}

V EmitRule<OpKind::kIota>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const Coord& index = at[static_cast<size_t>(op.attr<DimAttributes>().dim)];
  V number = emitter.per_lane(index);
  if (emitter.lanes() == 1) number = emitter.ir().CreateTrunc(number, emitter.ir().getInt32Ty());
  return emitter.math().convert(DType::kI32, op.type().dtype, number);
}

V EmitRule<OpKind::kBroadcast>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  Position from;
  const bool is_single = op.operands[0]->type.elements() == 1;  // a flat loop does not split its index up for it
  for (int64_t dim : op.attr<DimsAttributes>().dims) {
    from.push_back(is_single ? emitter.constant(0) : at[static_cast<size_t>(dim)]);
  }
  return emitter.emit(op.operands[0], from);
}

// The operand's coordinates are the digits of the row-major index; a vector along dimension 0 stays one where that
// dimension stays.
V EmitRule<OpKind::kReshape>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const Shape& from = op.operands[0]->type.shape;
  Position digits(from.size(), emitter.constant(0));
  const bool keeps_first = !at.empty() && !from.empty() && from[0] == op.type().dim(0) && !at[0].uniform();
  const size_t kept = keeps_first ? 1 : 0;
  Position split = at;
  if (keeps_first) {
    digits[0] = at[0];
    split[0] = emitter.constant(0);
  }
  if (kept == from.size()) return emitter.emit(op.operands[0], digits);
  Coord rest = emitter.row_major(split, op.type().shape);
  // A loop over a flat index stays one: all of it in the last dimension.
  if (!at.empty() && !from.empty() && emitter.reads_flat(op.operands[0])) {
    digits.back() = rest;
    return emitter.emit(op.operands[0], digits);
  }
  int64_t before = 1;
  for (size_t i = kept; i < from.size(); ++i) before *= from[i];
  for (size_t i = from.size(); i-- > kept;) {
    if (from[i] == 1) continue;
    before /= from[i];
    digits[i] = before == 1 ? rest : emitter.remainder(rest, from[i]);
    rest = emitter.divide(rest, from[i]);
  }
  return emitter.emit(op.operands[0], digits);
}

V EmitRule<OpKind::kTranspose>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto& permutation = op.attr<DimsAttributes>().dims;
  Position from(at.size());
  for (size_t i = 0; i < at.size(); ++i) from[static_cast<size_t>(permutation[i])] = at[i];
  return emitter.emit(op.operands[0], from);
}

V EmitRule<OpKind::kReverse>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  Position from = at;
  for (const int64_t dim : op.attr<DimsAttributes>().dims) {
    Coord& index = from[static_cast<size_t>(dim)];
    index = emitter.offset(emitter.scale(index, -1), op.type().dim(dim) - 1);
  }
  return emitter.emit(op.operands[0], from);
}

V EmitRule<OpKind::kSlice>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto& slice = op.attr<SliceAttributes>();
  Position from;
  for (size_t i = 0; i < at.size(); ++i) {
    from.push_back(emitter.offset(emitter.scale(at[i], slice.stride[i]), slice.start[i]));
  }
  return emitter.emit(op.operands[0], from);
}

V EmitRule<OpKind::kPad>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto& pad = op.attr<PadAttributes>();
  Position from;
  V condition = nullptr;
  for (size_t i = 0; i < at.size(); ++i) {
    Coord index = emitter.offset(at[i], -pad.low[i]);
    if (pad.interior[i] > 0) {
      const Coord between = emitter.remainder(index, pad.interior[i] + 1);
      condition = emitter.both(condition, emitter.compare(llvm::CmpInst::ICMP_EQ, between, 0));
      index = emitter.divide(index, pad.interior[i] + 1);
    }
    from.push_back(index);
  }
  return emitter.emit_guarded(op.operands[0], from, condition, pad.value);
}

V EmitRule<OpKind::kConcat>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto dim = static_cast<size_t>(op.attr<DimAttributes>().dim);
  V result = nullptr;
  int64_t start = 0;
  for (const Value* part : op.operands) {
    if (part->type.dim(static_cast<int64_t>(dim)) == 0) continue;
    Position from = at;
    from[dim] = emitter.offset(at[dim], -start);
    V element = emitter.emit_guarded(part, from, nullptr, 0);
    if (result == nullptr) {
      result = element;
    } else {
      V here = emitter.both(nullptr, emitter.compare(llvm::CmpInst::ICMP_SGE, at[dim], start));
      result = emitter.ir().CreateSelect(here, element, result);
    }
    start += part->type.shape[dim];
  }
  return result == nullptr ? emitter.constant_of(op.type().dtype, 0) : result;  // of no element
}

// The index takes as many of the result's dimensions as it has itself.
V EmitRule<OpKind::kGather>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const int64_t dim = op.attr<DimAttributes>().dim;
  const auto first = at.begin() + dim, last = first + op.operands[1]->type.rank();
  const Position which(first, last);
  const bool is_uniform = std::ranges::all_of(which, [](const Coord& coordinate) { return coordinate.uniform(); });
  V index = emit_row_index(emitter, op.operands[1], which, op.operands[0]->type.dim(dim));
  Position from(at.begin(), first);
  from.push_back(emitter.from_value(index, is_uniform));
  from.insert(from.end(), last, at.end());
  return emitter.emit(op.operands[0], from);
}

V EmitRule<OpKind::kFused>::apply(ElementEmitter&, const Op& op, const Position&) {
  MINNOW_CHECK(false, "a fused op inside a fused op: {}", op.location.layer);
  return nullptr;
}

V EmitRule<OpKind::kLoop>::apply(ElementEmitter&, const Op& op, const Position&) {
  MINNOW_CHECK(false, "a loop inside a kernel: {}", op.location.layer);
  return nullptr;
}

}  // namespace minnow

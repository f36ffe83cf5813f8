#include <limits>

#include "codegen/element/accumulate.h"
#include "codegen/element/emit_rules.h"
#include "codegen/element/sort_key.h"

namespace minnow {

using V = llvm::Value*;

namespace {

// The bits of a float are in its order as sign and magnitude: two's complement flips the magnitudes below zero.
V ordered_bits(ElementEmitter& emitter, DType dtype, V element) {
  llvm::IRBuilder<>& ir = emitter.ir();
  V zero = emitter.constant_of(dtype, 0);
  element = ir.CreateSelect(ir.CreateFCmpOEQ(element, zero), zero, element);  // -0 is 0
  const auto width = static_cast<unsigned>(dtype_bytes(dtype) * 8);
  V bits = ir.CreateBitCast(element, emitter.kernel().vector_type(ir.getIntNTy(width), emitter.lanes()));
  V magnitude = ir.CreateLShr(ir.CreateAShr(bits, width - 1), 1);  // all ones below zero, but for the sign
  return ir.CreateXor(bits, magnitude);
}

}  // namespace

V sort_key(ElementEmitter& emitter, DType dtype, bool descending, V element) {
  llvm::IRBuilder<>& ir = emitter.ir();
  llvm::Type* type = emitter.kernel().vector_type(ir.getInt64Ty(), emitter.lanes());
  const bool is_signed = is_float(dtype) || dtype == DType::kI32;
  V key = ir.CreateIntCast(is_float(dtype) ? ordered_bits(emitter, dtype, element) : element, type, is_signed);
  if (descending) key = ir.CreateNot(key);
  if (!is_float(dtype)) return key;
  V last = llvm::ConstantInt::getSigned(type, std::numeric_limits<int64_t>::max());
  return ir.CreateSelect(ir.CreateFCmpUNO(element, element), last, key);
}

// The index that has as many elements before it as the position says, found by counting for each: emit_sort.h does not.
V EmitRule<OpKind::kArgSort>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const auto& [along, descending] = op.attr<SortAttributes>();
  const auto dim = static_cast<size_t>(along);
  const DType dtype = op.operands[0]->type.dtype;
  llvm::IRBuilder<>& ir = emitter.ir();
  const auto key_at = [&](const Coord& i) {
    Position from = at;
    from[dim] = i;
    return sort_key(emitter, dtype, descending, emitter.emit(op.operands[0], from));
  };
  const auto number = [&](const Coord& i) { return emitter.splat(ir.CreateTrunc(i.base, ir.getInt32Ty())); };
  V wanted = lane_numbers(emitter, at[dim]), one = emitter.constant_of(DType::kI32, 1);
  Accumulator found(emitter, DType::kI32, 0), before(emitter, DType::kI32, 0);
  emitter.loop(0, op.type().dim(along), [&](const Coord& i) {
    V key = key_at(i);
    before.set(emitter.constant_of(DType::kI32, 0));
    emitter.loop(0, op.type().dim(along), [&](const Coord& j) {
      V other = key_at(j), is_sooner = emitter.splat(ir.CreateICmpSLT(j.base, i.base));
      V is_before = ir.CreateOr(ir.CreateICmpSLT(other, key), ir.CreateAnd(ir.CreateICmpEQ(other, key), is_sooner));
      before.set(emitter.math().select(is_before, ir.CreateAdd(before.get(), one), before.get()));
    });
    found.set(emitter.math().select(ir.CreateICmpEQ(before.get(), wanted), number(i), found.get()));
  });
  return found.get();
}

}  // namespace minnow

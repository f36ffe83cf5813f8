#include <limits>

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

// emit_sort of codegen/kernels/ is a kernel of its own, and argsort has no place in any other.
V EmitRule<OpKind::kArgSort>::apply(ElementEmitter&, const Op& op, const Position&) {
  MINNOW_CHECK(false, "an argsort inside a kernel: {}", op.location.layer);
  return nullptr;
}

}  // namespace minnow

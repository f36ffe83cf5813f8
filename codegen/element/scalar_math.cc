#include "codegen/element/scalar_math.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Module.h>

namespace minnow {
namespace {

// Whether `x` is a constant, and neither NaN nor a zero of that sign.
bool is_constant_but(llvm::Value* x, bool negative_zero) {
  const auto* constant = llvm::dyn_cast<llvm::Constant>(x);
  if (constant == nullptr) return false;
  if (constant->getType()->isVectorTy()) constant = constant->getSplatValue();
  const auto* number = llvm::dyn_cast_or_null<llvm::ConstantFP>(constant);
  return number != nullptr && !number->isNaN() && !(number->isZero() && number->isNegative() == negative_zero);
}

}  // namespace

using V = llvm::Value*;

V ScalarMath::like(V x, double value) { return llvm::ConstantFP::get(x->getType(), value); }
V ScalarMath::like_int(V x, int64_t value) {
  return llvm::ConstantInt::get(x->getType(), static_cast<uint64_t>(value), true);
}
llvm::Type* ScalarMath::with_element(V x, llvm::Type* element) { return x->getType()->getWithNewType(element); }

V ScalarMath::neg(DType t, V x) { return is_float(t) ? ir_.CreateFNeg(x) : ir_.CreateNeg(x); }
V ScalarMath::abs(DType t, V x) {
  if (is_float(t)) return ir_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
  if (t == DType::kI32) return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, x, ir_.getFalse());
  return x;
}
V ScalarMath::sign(DType t, V x) {
  if (is_float(t)) {
    V signed_one = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, like(x, 1), x);
    V nonzero = ir_.CreateFCmpONE(x, like(x, 0));
    return ir_.CreateSelect(nonzero, signed_one, x);  // keeps zero and NaN
  }
  V positive = ir_.CreateSelect(ir_.CreateICmpNE(x, like_int(x, 0)), like_int(x, 1), like_int(x, 0));
  if (t != DType::kI32) return positive;
  return ir_.CreateSelect(ir_.CreateICmpSLT(x, like_int(x, 0)), like_int(x, -1), positive);
}
V ScalarMath::logical_not(DType, V x) { return ir_.CreateNot(x); }

V ScalarMath::convert(DType from, DType to, V x) {
  if (from == to) return x;
  llvm::Type* types[] = {ir_.getFloatTy(), ir_.getDoubleTy(), ir_.getInt32Ty(), ir_.getInt8Ty(), ir_.getInt1Ty()};
  llvm::Type* type = with_element(x, types[static_cast<size_t>(to)]);
  if (to == DType::kPred) return ne(from, x, is_float(from) ? like(x, 0) : like_int(x, 0));
  if (is_float(from) && is_float(to)) return ir_.CreateFPCast(x, type);
  if (is_float(to)) return from == DType::kI32 ? ir_.CreateSIToFP(x, type) : ir_.CreateUIToFP(x, type);
  if (is_float(from)) {
    const auto id = to == DType::kI32 ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat;
    return ir_.CreateIntrinsic(id, {type, x->getType()}, {x});
  }
  if (from == DType::kI32 && to == DType::kU8) x = max(from, min(from, x, like_int(x, 255)), like_int(x, 0));
  return ir_.CreateIntCast(x, type, from == DType::kI32);
}

V ScalarMath::add(DType t, V a, V b) { return is_float(t) ? ir_.CreateFAdd(a, b) : ir_.CreateAdd(a, b); }
V ScalarMath::sub(DType t, V a, V b) { return is_float(t) ? ir_.CreateFSub(a, b) : ir_.CreateSub(a, b); }
V ScalarMath::mul(DType t, V a, V b) { return is_float(t) ? ir_.CreateFMul(a, b) : ir_.CreateMul(a, b); }
V ScalarMath::div(DType, V a, V b) { return ir_.CreateFDiv(a, b); }  // the language divides floats only

// The two ways to choose differ only between zeros of both signs, whose bits joined are those of +0, or of -0 in min.
V ScalarMath::max(DType t, V a, V b) {
  if (t == DType::kI32) return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b);
  if (!is_float(t)) return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, b);
  if (is_constant_but(b, true)) return ir_.CreateSelect(ir_.CreateFCmpUGT(a, b), a, b);
  V first = ir_.CreateSelect(ir_.CreateFCmpOGT(a, b), a, b);
  V second = ir_.CreateSelect(ir_.CreateFCmpOGT(b, a), b, a);
  return nan_or(a, b, ir_.CreateAnd(bits(first), bits(second)));
}
V ScalarMath::min(DType t, V a, V b) {
  if (t == DType::kI32) return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b);
  if (!is_float(t)) return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, a, b);
  if (is_constant_but(b, false)) return ir_.CreateSelect(ir_.CreateFCmpULT(a, b), a, b);
  V first = ir_.CreateSelect(ir_.CreateFCmpOLT(a, b), a, b);
  V second = ir_.CreateSelect(ir_.CreateFCmpOLT(b, a), b, a);
  return nan_or(a, b, ir_.CreateOr(bits(first), bits(second)));
}

V ScalarMath::is_negative_zero(V x) { return ir_.CreateICmpEQ(bits(x), bits(like(x, -0.0))); }

V ScalarMath::bits(V x) {
  return ir_.CreateBitCast(x, with_element(x, ir_.getIntNTy(x->getType()->getScalarSizeInBits())));
}

// Bits of floats, as signed integers, are in order but for the negative ones, whose order is the other way round. This
// is its own inverse.
V ScalarMath::with_negatives_reversed(V bits) {
  const unsigned width = bits->getType()->getScalarSizeInBits();
  V is_negative = ir_.CreateAShr(bits, like_int(bits, width - 1));
  V magnitude = llvm::ConstantInt::get(bits->getType(), llvm::APInt::getSignedMaxValue(width));
  return ir_.CreateXor(bits, ir_.CreateAnd(is_negative, magnitude));
}

namespace {

// That of -infinity, below which NaNs with a sign are: counted from it, they come behind the others.
V least_number(V like, const llvm::fltSemantics& semantics) {
  const llvm::APInt bits = llvm::APFloat::getInf(semantics, true).bitcastToAPInt();
  return llvm::ConstantInt::get(like->getType(), bits ^ llvm::APInt::getSignedMaxValue(bits.getBitWidth()));
}

}  // namespace

V ScalarMath::order_of(V x) {
  V order = with_negatives_reversed(bits(x));
  return ir_.CreateSub(order, least_number(order, x->getType()->getScalarType()->getFltSemantics()));
}

V ScalarMath::from_order(V order) {
  llvm::Type* type = order->getType()->getScalarSizeInBits() == 64 ? ir_.getDoubleTy() : ir_.getFloatTy();
  V bits = with_negatives_reversed(ir_.CreateAdd(order, least_number(order, type->getFltSemantics())));
  return ir_.CreateBitCast(bits, with_element(order, type));
}

// The float of these bits; NaN if a or b is.
V ScalarMath::nan_or(V a, V b, V bits) {
  return ir_.CreateSelect(ir_.CreateFCmpUNO(a, b), ir_.CreateFAdd(a, b), ir_.CreateBitCast(bits, a->getType()));
}

V ScalarMath::eq(DType t, V a, V b) { return is_float(t) ? ir_.CreateFCmpOEQ(a, b) : ir_.CreateICmpEQ(a, b); }
V ScalarMath::ne(DType t, V a, V b) { return is_float(t) ? ir_.CreateFCmpUNE(a, b) : ir_.CreateICmpNE(a, b); }
V ScalarMath::lt(DType t, V a, V b) {
  if (is_float(t)) return ir_.CreateFCmpOLT(a, b);
  return t == DType::kI32 ? ir_.CreateICmpSLT(a, b) : ir_.CreateICmpULT(a, b);
}
V ScalarMath::le(DType t, V a, V b) {
  if (is_float(t)) return ir_.CreateFCmpOLE(a, b);
  return t == DType::kI32 ? ir_.CreateICmpSLE(a, b) : ir_.CreateICmpULE(a, b);
}
V ScalarMath::logical_and(DType, V a, V b) { return ir_.CreateAnd(a, b); }
V ScalarMath::logical_or(DType, V a, V b) { return ir_.CreateOr(a, b); }
V ScalarMath::select(V pred, V a, V b) { return ir_.CreateSelect(pred, a, b); }

V ScalarMath::fma(V a, V b, V c) { return ir_.CreateIntrinsic(llvm::Intrinsic::fma, {a->getType()}, {a, b, c}); }

V ScalarMath::polynomial(V x, std::initializer_list<double> coefficients) {
  V sum = nullptr;
  for (double c : coefficients) sum = sum == nullptr ? like(x, c) : fma(sum, x, like(x, c));
  return sum;
}

}  // namespace minnow

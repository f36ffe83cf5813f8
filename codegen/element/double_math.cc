// Functions of f32 that f64 makes exact and simple, where vectors have it.
#include <llvm/IR/Constants.h>

#include <bit>
#include <cmath>
#include <numbers>

#include "codegen/element/scalar_math.h"

namespace minnow {

using V = llvm::Value*;

namespace {

constexpr double kLargestNear = 0x1p28;  // the nearest multiple of π/2 is counted in f64, and taken off to 106 bits

}  // namespace

// Cortex-M and their like compute f64 by subroutines, and have sinf.
bool ScalarMath::has_vectors_of_doubles() const { return target_.processor.lanes > 1 && target_.has_fma; }

V ScalarMath::sin(DType t, V x) {
  if (t == DType::kF64 || !has_vectors_of_doubles()) return library("sin", x);
  return unless(ir_.CreateFCmpUGT(abs(t, x), like(x, kLargestNear)), wave(x, 0), [&] { return library("sin", x); });
}

V ScalarMath::cos(DType t, V x) {
  if (t == DType::kF64 || !has_vectors_of_doubles()) return library("cos", x);
  return unless(ir_.CreateFCmpUGT(abs(t, x), like(x, kLargestNear)), wave(x, 1), [&] { return library("cos", x); });
}

// sin(x + quarters π/2). x = n π/2 + r, |r| <= π/4: by turns a sine and a cosine of r, and every second pair negative.
// The polynomials, in r², are those of FreeBSD's msun (k_sinf.c, k_cosf.c).
V ScalarMath::wave(V x, int64_t quarters) {
  constexpr double kRound = 0x1.8p52;
  constexpr double kHalfPi = std::numbers::pi / 2, kRestOfHalfPi = 6.123233995736766e-17;
  V wide = ir_.CreateFPExt(x, with_element(x, ir_.getDoubleTy()));
  V shifted = fma(wide, like(wide, 2 / std::numbers::pi), like(wide, kRound));
  V n = ir_.CreateFSub(shifted, like(wide, kRound));
  V r = fma(n, like(wide, -kRestOfHalfPi), fma(n, like(wide, -kHalfPi), wide));
  V square = ir_.CreateFMul(r, r);
  V sine = polynomial(square,
                      {2.7183114939898219e-6, -1.9839334836096632e-4, 8.3333293858894632e-3, -0.16666666641626524, 1});
  sine = ir_.CreateFMul(sine, r);
  V cosine = polynomial(
      square, {2.4390448796277409e-5, -1.3886763774609930e-3, 4.1666623323739063e-2, -0.49999999725103100, 1});
  V turn = ir_.CreateBitCast(shifted, with_element(x, ir_.getInt64Ty()));
  turn = ir_.CreateAdd(turn, like_int(turn, quarters));
  V is_odd = ir_.CreateTrunc(turn, with_element(x, ir_.getInt1Ty()));
  V bits = ir_.CreateBitCast(ir_.CreateSelect(is_odd, cosine, sine), turn->getType());
  bits = ir_.CreateXor(bits, ir_.CreateShl(ir_.CreateAnd(turn, like_int(turn, 2)), like_int(turn, 62)));
  return ir_.CreateFPTrunc(ir_.CreateBitCast(bits, wide->getType()), x->getType());
}

// Of |x| from tan(π/8) to tan(3π/8) it is π/4 + atan((|x| - 1) / (|x| + 1)), beyond π/2 + atan(-1 / |x|): of what is
// left, eleven terms of the series are exact to 1e-9.
V ScalarMath::atan(DType t, V x) {
  if (t == DType::kF64 || !has_vectors_of_doubles()) return library("atan", x);
  V wide = ir_.CreateFPExt(x, with_element(x, ir_.getDoubleTy()));
  V a = abs(DType::kF64, wide);
  const auto number = [&](double value) { return like(wide, value); };
  V is_middle = ir_.CreateFCmpOGT(a, number(std::numbers::sqrt2 - 1));
  V is_large = ir_.CreateFCmpOGT(a, number(std::numbers::sqrt2 + 1));
  V above = ir_.CreateSelect(is_middle, ir_.CreateFSub(a, number(1)), a);
  V below = ir_.CreateSelect(is_middle, ir_.CreateFAdd(a, number(1)), number(1));
  V turned = ir_.CreateFDiv(ir_.CreateSelect(is_large, number(-1), above), ir_.CreateSelect(is_large, a, below));
  V start = ir_.CreateSelect(is_middle, number(std::numbers::pi / 4), number(0));
  start = ir_.CreateSelect(is_large, number(std::numbers::pi / 2), start);
  V square = ir_.CreateFMul(turned, turned);
  V series = polynomial(
      square, {1.0 / 21, -1.0 / 19, 1.0 / 17, -1.0 / 15, 1.0 / 13, -1.0 / 11, 1.0 / 9, -1.0 / 7, 1.0 / 5, -1.0 / 3, 1});
  V result = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, fma(series, turned, start), wide);
  return ir_.CreateFPTrunc(result, x->getType());
}

// 2^(y log2 x) of what is positive, finite and no denormal. The library has zeros, negative numbers and the rest.
V ScalarMath::pow(DType t, V x, V y) {
  if (t == DType::kF64 || !has_vectors_of_doubles()) return library("pow", {x, y});
  V is_usual = ir_.CreateAnd(ir_.CreateFCmpOGE(x, like(x, 0x1p-126)), ir_.CreateFCmpOLT(x, like(x, HUGE_VAL)));
  is_usual = ir_.CreateAnd(is_usual, ir_.CreateFCmpOLT(abs(t, y), like(y, HUGE_VAL)));
  llvm::Type* type = with_element(x, ir_.getDoubleTy());
  V exponent = ir_.CreateFMul(ir_.CreateFPExt(y, type), log2_of_normal(ir_.CreateFPExt(x, type)));
  V power = ir_.CreateFPTrunc(exp2_of(exponent), x->getType());
  return unless(ir_.CreateNot(is_usual), power, [&] { return library("pow", {x, y}); });
}

// x = 2^e m, m in [sqrt(1/2), sqrt(2)): e + log2 m by powers of f = (m - 1) / (m + 1), log m = 2 (f + f^3 / 3 + ...).
V ScalarMath::log2_of_normal(V x) {
  V bits = ir_.CreateBitCast(x, with_element(x, ir_.getInt64Ty()));
  V shifted = ir_.CreateSub(bits, like_int(bits, 0x3fe6a09e00000000));  // sqrt(1/2)
  V e = ir_.CreateAShr(shifted, like_int(bits, 52));
  V m = ir_.CreateBitCast(ir_.CreateSub(bits, ir_.CreateShl(e, like_int(bits, 52))), x->getType());
  V f = ir_.CreateFDiv(ir_.CreateFSub(m, like(x, 1)), ir_.CreateFAdd(m, like(x, 1)));
  V log = polynomial(ir_.CreateFMul(f, f), {1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1});
  // e is a small whole number: the low bits of a sum that has no others below.
  V biased = ir_.CreateBitCast(ir_.CreateAdd(e, like_int(e, std::bit_cast<int64_t>(0x1.8p52))), x->getType());
  return fma(ir_.CreateFMul(log, f), like(x, 2 / std::numbers::ln2), ir_.CreateFSub(biased, like(x, 0x1.8p52)));
}

// 2^x = 2^n 2^f, n = round(x). Beyond ±1000 it is infinite or 0 in f32.
V ScalarMath::exp2_of(V x) {
  constexpr double kRound = 0x1.8p52;
  x = clamp(x, -1000, 1000);
  V shifted = ir_.CreateFAdd(x, like(x, kRound));
  V r = ir_.CreateFMul(ir_.CreateFSub(x, ir_.CreateFSub(shifted, like(x, kRound))), like(x, std::numbers::ln2));
  V power = polynomial(
      r, {1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1});  // of e^r, |r| <= ln 2 / 2
  V bits = ir_.CreateBitCast(power, with_element(x, ir_.getInt64Ty()));
  V n = ir_.CreateShl(ir_.CreateBitCast(shifted, bits->getType()), like_int(bits, 52));
  return ir_.CreateBitCast(ir_.CreateAdd(bits, n), x->getType());
}

// `usual`, but for lanes that are rare: without a branch the few would cost what all do.
V ScalarMath::unless(V is_rare, V usual, llvm::function_ref<V()> other) {
  llvm::Function* function = ir_.GetInsertBlock()->getParent();
  auto* rare = llvm::BasicBlock::Create(ir_.getContext(), "rare", function);
  auto* after = llvm::BasicBlock::Create(ir_.getContext(), "after", function);
  auto* before = ir_.GetInsertBlock();
  ir_.CreateCondBr(is_rare->getType()->isVectorTy() ? ir_.CreateOrReduce(is_rare) : is_rare, rare, after);
  ir_.SetInsertPoint(rare);
  V chosen = ir_.CreateSelect(is_rare, other(), usual);
  rare = ir_.GetInsertBlock();
  ir_.CreateBr(after);
  ir_.SetInsertPoint(after);
  llvm::PHINode* result = ir_.CreatePHI(usual->getType(), 2);
  result->addIncoming(usual, before);
  result->addIncoming(chosen, rare);
  return result;
}

}  // namespace minnow

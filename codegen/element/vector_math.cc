// Transcendental functions without branches or tables, but for those of table_math.cc and double_math.cc. f32 is
// computed by range reduction and minimax polynomials (S. Moshier, Cephes; N. Juffa for erf); f64, which only checks
// use, calls the C library.
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/Module.h>

#include <bit>
#include <cmath>
#include <limits>

#include "codegen/element/scalar_math.h"

namespace minnow {

using V = llvm::Value*;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2.
constexpr std::initializer_list<double> kExpCoefficients = {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
                                                            4.1665795894e-2, 1.6666665459e-1, 0.5};
// (erf(x) - x) / x as a function of x^2, for |x| <= 0.927734375.
constexpr std::initializer_list<double> kErfCoefficients = {-5.96761703e-4, 4.99119423e-3,  -2.67681349e-2,
                                                            1.12819925e-1,  -3.76125336e-1, 1.28379166e-1};
constexpr double kNormalExponent = 87;  // exp(±87) is no denormal and no infinity

}  // namespace

// Calls the scalar C function for every lane.
V ScalarMath::library(const std::string& name, llvm::ArrayRef<V> operands) {
  llvm::Type* element = operands[0]->getType()->getScalarType();
  const llvm::SmallVector<llvm::Type*, 2> types(operands.size(), element);
  auto* type = llvm::FunctionType::get(element, types, false);
  llvm::Module* module = ir_.GetInsertBlock()->getModule();
  auto callee = module->getOrInsertFunction(element->isFloatTy() ? name + "f" : name, type);
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(operands[0]->getType());
  if (vector == nullptr) return ir_.CreateCall(callee, operands);
  V result = llvm::PoisonValue::get(vector);
  for (unsigned lane = 0; lane < vector->getNumElements(); ++lane) {
    llvm::SmallVector<V, 2> numbers;
    for (V operand : operands) numbers.push_back(ir_.CreateExtractElement(operand, lane));
    result = ir_.CreateInsertElement(result, ir_.CreateCall(callee, numbers), lane);
  }
  return result;
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2.
V ScalarMath::exp(DType t, V x) {
  if (t == DType::kF64) return library("exp", x);
  x = clamp(x, -105, 90);
  const auto [n, r, bits] = reduce_exponent(x);
  V p = polynomial(r, kExpCoefficients);
  return scale(ir_.CreateFAdd(fma(ir_.CreateFMul(r, r), p, r), like(x, 1)), n, bits);
}

// x = n ln 2 + r, with n rounded by adding a number so large that it has no fraction: the sum's low bits are n.
ScalarMath::Exponent ScalarMath::reduce_exponent(V x) {
  constexpr double kRound = 0x1.8p23;
  V shifted = fma(x, like(x, 1.44269504088896341), like(x, kRound));
  V n = ir_.CreateFSub(shifted, like(x, kRound));
  V r = fma(n, like(x, -0x1.62e4p-1), x);
  r = fma(n, like(x, -1.42860682030941723e-6), r);
  return {n, r, ir_.CreateBitCast(shifted, with_element(x, ir_.getInt32Ty()))};
}

// AVX-512 chooses among the floats of one or two registers by one instruction.
bool ScalarMath::has_wide_tables() const {
  return target_.triple.starts_with("x86_64") && target_.processor.lanes == 16;
}

// AVX-512 has an instruction for it.
bool ScalarMath::has_scale(V x) const {
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(x->getType());
  return has_wide_tables() && vector != nullptr && vector->getNumElements() == 16;
}

// y 2^n, rounded once: in two factors where no instruction does it.
V ScalarMath::scale(V y, V n, V bits) {
  if (has_scale(y)) {
    llvm::Type* type = y->getType();
    return ir_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_mask_scalef_ps_512, {},
                               {y, n, llvm::PoisonValue::get(type), ir_.getInt16(0xffff), ir_.getInt32(4)});
  }
  V power = ir_.CreateSub(bits, like_int(bits, std::bit_cast<int32_t>(0x1.8p23F)));
  V half = ir_.CreateAShr(power, like_int(power, 1));
  const auto two_to = [&](V e) {
    V exponent = ir_.CreateShl(ir_.CreateAdd(e, like_int(e, 127)), like_int(e, 23));
    return ir_.CreateBitCast(exponent, y->getType());
  };
  return ir_.CreateFMul(ir_.CreateFMul(y, two_to(half)), two_to(ir_.CreateSub(power, half)));
}

// With exp(r) - 1 = e: 2^n e + (2^n - 1), computed for n - 1 and doubled, so that nothing overflows before the result
// does. Far out it is -1 or infinite.
V ScalarMath::expm1(DType t, V x) {
  if (t == DType::kF64) return library("expm1", x);
  V capped = ir_.CreateSelect(ir_.CreateFCmpOLT(x, like(x, 88.8)), x, like(x, 88.8));
  capped = ir_.CreateSelect(ir_.CreateFCmpOGT(capped, like(x, -80)), capped, like(x, -80));
  V n = ir_.CreateUnaryIntrinsic(llvm::Intrinsic::rint, ir_.CreateFMul(capped, like(x, 1.44269504088896341)));
  V r = fma(n, like(x, -0x1.62e4p-1), capped);
  r = fma(n, like(x, -1.42860682030941723e-6), r);
  V e = fma(ir_.CreateFMul(r, r), polynomial(r, kExpCoefficients), r);
  V power = ir_.CreateFPToSI(n, with_element(x, ir_.getInt32Ty()));
  V half =
      ir_.CreateBitCast(ir_.CreateShl(ir_.CreateAdd(power, like_int(power, 126)), like_int(power, 23)), x->getType());
  V y = fma(half, e, ir_.CreateFSub(half, like(x, 0.5)));
  y = ir_.CreateFAdd(y, y);
  V is_tiny = ir_.CreateFCmpULT(abs(t, x), like(x, 0x1p-25));  // e^x - 1 = x, down to the denormals, and of its sign
  return ir_.CreateSelect(is_tiny, x, y);
}

// exp(x), divided by 2^64 where `is_divided`, where that is a normal number, |x| <= 105; NaN stays NaN. Without an
// instruction for it, the bits of n, shifted up, are added to the exponent.
V ScalarMath::exp_of_normal(V x, V is_divided) {
  auto [n, r, exponent] = reduce_exponent(x);
  V p = polynomial(r, kExpCoefficients);
  p = ir_.CreateFAdd(fma(ir_.CreateFMul(r, r), p, r), like(x, 1));
  if (has_scale(x)) {
    if (is_divided != nullptr) n = ir_.CreateSelect(is_divided, ir_.CreateFSub(n, like(n, 64)), n);
    return scale(p, n, exponent);
  }
  if (is_divided != nullptr)
    exponent = ir_.CreateSub(exponent, ir_.CreateAnd(ir_.CreateSExt(is_divided, exponent->getType()), 64));
  exponent = ir_.CreateShl(exponent, like_int(exponent, 23));
  V y = ir_.CreateBitCast(ir_.CreateAdd(ir_.CreateBitCast(p, exponent->getType()), exponent), x->getType());
  return ir_.CreateSelect(ir_.CreateFCmpUNO(x, x), x, y);  // a NaN's low bits are no exponent
}

// Holds x to [low, high]; NaN stays NaN.
V ScalarMath::clamp(V x, double low, double high) {
  x = ir_.CreateSelect(ir_.CreateFCmpOLT(like(x, high), x), like(x, high), x);
  return ir_.CreateSelect(ir_.CreateFCmpOGT(like(x, low), x), like(x, low), x);
}

// log(2^e m) = e ln 2 + log(1 + f), m in [sqrt(1/2), sqrt(2)), f = m - 1.
V ScalarMath::log(DType t, V x) {
  if (t == DType::kF64) return library("log", x);
  V tiny = ir_.CreateFCmpOLT(x, like(x, 0x1p-126));
  V scaled = ir_.CreateSelect(tiny, ir_.CreateFMul(x, like(x, 0x1p23)), x);
  V bits = ir_.CreateBitCast(scaled, with_element(x, ir_.getInt32Ty()));
  V shifted = ir_.CreateSub(bits, like_int(bits, 0x3f3504f3));  // sqrt(1/2)
  V e = ir_.CreateAShr(shifted, like_int(bits, 23));
  V m = ir_.CreateBitCast(ir_.CreateSub(bits, ir_.CreateShl(e, like_int(bits, 23))), x->getType());
  e = ir_.CreateSub(e, ir_.CreateSelect(tiny, like_int(bits, 23), like_int(bits, 0)));
  V exponent = ir_.CreateSIToFP(e, x->getType());
  V f = ir_.CreateFSub(m, like(x, 1));
  V z = ir_.CreateFMul(f, f);
  V p = polynomial(f, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                       -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1});
  V y = ir_.CreateFMul(ir_.CreateFMul(p, z), f);
  y = fma(exponent, like(x, -2.12194440e-4), y);
  y = fma(z, like(x, -0.5), y);
  y = fma(exponent, like(x, 0.693359375), ir_.CreateFAdd(f, y));
  y = ir_.CreateSelect(ir_.CreateFCmpOEQ(x, like(x, kInfinity)), x, y);
  y = ir_.CreateSelect(ir_.CreateFCmpOEQ(x, like(x, 0)), like(x, -kInfinity), y);
  return ir_.CreateSelect(ir_.CreateFCmpULT(x, like(x, 0)), like(x, kNan), y);
}

// log(u) corrected for the rounding of u = 1 + x.
V ScalarMath::log1p(DType t, V x) {
  if (t == DType::kF64) return library("log1p", x);
  V u = ir_.CreateFAdd(x, like(x, 1));
  V above = ir_.CreateFSub(u, like(x, 1));
  V large = ir_.CreateFSub(like(x, 1), ir_.CreateFSub(u, x));  // for x > 1 the low part is lost from the 1
  V lost = ir_.CreateSelect(ir_.CreateFCmpOGT(x, like(x, 1)), large, ir_.CreateFSub(x, above));
  V correction = ir_.CreateFDiv(lost, u);
  V regular = ir_.CreateAnd(ir_.CreateFCmpOGT(u, like(x, 0)), ir_.CreateFCmpOLT(u, like(x, kInfinity)));
  V y = log(t, u);
  V small = ir_.CreateFCmpOEQ(u, like(x, 1));
  y = ir_.CreateSelect(regular, ir_.CreateFAdd(y, correction), y);
  return ir_.CreateSelect(small, x, y);
}

// An odd polynomial below 0.625, 1 - 2 / (exp(2|x|) + 1) above.
V ScalarMath::tanh(DType t, V x) {
  if (t == DType::kF64) return library("tanh", x);
  if (has_wide_tables()) return tanh_by_table(x);
  V magnitude = abs(t, x);
  V z = ir_.CreateFMul(x, x);
  V p = polynomial(z, {-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1});
  V near = fma(ir_.CreateFMul(p, z), x, x);
  V e = exp_of_normal(clamp(ir_.CreateFAdd(magnitude, magnitude), 0, kNormalExponent));
  V far = ir_.CreateFSub(like(x, 1), ir_.CreateFDiv(like(x, 2), ir_.CreateFAdd(e, like(x, 1))));
  V y = ir_.CreateSelect(ir_.CreateFCmpOLT(magnitude, like(x, 0.625)), near, far);
  return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, y, x);
}

// f32: s / (s + s exp(-x)), s = 2^-64 where exp(-x) is large, so that it does not overflow, else 1. Below -104 all is
// 0. f64: with z = exp(-|x|), 1 / (1 + z) or z / (1 + z), so that small results keep their digits.
V ScalarMath::sigmoid(DType t, V x) {
  if (t == DType::kF32) {
    V minus_x = clamp(ir_.CreateFNeg(x), -kNormalExponent, 105);
    V is_large = ir_.CreateFCmpOGT(minus_x, like(x, 64));
    V s = ir_.CreateSelect(is_large, like(x, 0x1p-64), like(x, 1));
    return ir_.CreateFDiv(s, ir_.CreateFAdd(exp_of_normal(minus_x, is_large), s));
  }
  V z = exp(t, ir_.CreateFNeg(abs(t, x)));
  V numerator = ir_.CreateSelect(ir_.CreateFCmpOLT(x, like(x, 0)), z, like(x, 1));
  return ir_.CreateFDiv(numerator, ir_.CreateFAdd(z, like(x, 1)));
}

V ScalarMath::erf(DType t, V x) {
  if (t == DType::kF64) return library("erf", x);
  if (has_wide_tables()) return erf_by_table(x);
  V a = abs(t, x);
  V s = ir_.CreateFMul(x, x);
  V r = polynomial(a, {-1.72853470e-5, 3.83197126e-4});
  V u = polynomial(a, {-3.88396438e-3, 2.42546219e-2});
  r = fma(r, s, u);
  r = fma(r, a, like(x, -1.06777877e-1));
  r = fma(r, a, like(x, -6.34846687e-1));
  r = fma(r, a, like(x, -1.28717512e-1));
  r = fma(r, a, ir_.CreateFNeg(a));
  V far = ir_.CreateFSub(like(x, 1), exp(t, r));
  far = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, far, x);
  V near = fma(polynomial(s, kErfCoefficients), x, x);
  V result = ir_.CreateSelect(ir_.CreateFCmpOGT(a, like(x, 0.927734375)), far, near);
  return ir_.CreateSelect(ir_.CreateFCmpUNO(x, x), x, result);
}

// With a = |x|: f(q) exp(-a^2), q = (a - 3) / (a + 3), as M. Shepherd and J. Laframboise ("Chebyshev approximation of
// (1 + 2x) exp(x^2) erfc x", Mathematics of Computation 36, 1981) have it, but for the factor of f; the coefficients
// are a fit of our own, 1.4e-9 off. What a^2 loses in rounding is made up for, since exp magnifies it. exp(-x^2) is
// written as its gradient has it, and so is computed once for both.
V ScalarMath::erfc(DType t, V x) {
  if (t == DType::kF64) return library("erfc", x);
  constexpr double kZero = 10.06;  // 0 from there on
  V a = abs(t, x);
  V q = ir_.CreateFDiv(ir_.CreateFSub(a, like(x, 3)), ir_.CreateFAdd(a, like(x, 3)));
  V f = polynomial(
      q, {5.5841546005e-5, 2.8705433969e-5, -5.9465057774e-4, 7.1580981154e-4, 4.2689374892e-3, -2.4394240781e-2,
          7.1665852366e-2, -1.5011578166e-1, 2.4560379827e-1, -3.2623356382e-1, 1.7900115126e-1});
  V square = ir_.CreateFMul(x, x);
  V lost = fma(x, x, ir_.CreateFNeg(square));
  V bell = exp(t, ir_.CreateFNeg(square));
  bell = fma(ir_.CreateFNeg(lost), bell, bell);
  V tail = ir_.CreateFMul(f, bell);
  tail = ir_.CreateSelect(ir_.CreateFCmpULT(a, like(x, kZero)), tail, like(x, 0));  // where x^2 may be infinite
  return ir_.CreateSelect(ir_.CreateFCmpOLT(x, like(x, 0)), ir_.CreateFSub(like(x, 2), tail), tail);
}

}  // namespace minnow

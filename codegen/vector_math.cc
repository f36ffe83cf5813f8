// Transcendental functions without branches or tables. f32 is computed by range reduction and minimax polynomials
// (S. Moshier, Cephes; N. Juffa for erf); f64, which only checks use, and sin, cos, atan, pow call the C library.
#include <llvm/IR/Module.h>

#include <cmath>
#include <limits>

#include "codegen/scalar_math.h"

namespace minnow {

using V = llvm::Value*;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2.
constexpr std::initializer_list<double> kExpCoefficients = {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
                                                            4.1665795894e-2, 1.6666665459e-1, 0.5};
constexpr double kNormalExponent = 87;  // exp(±87) is no denormal and no infinity

}  // namespace

// Calls the scalar C function for every lane.
V ScalarMath::library(const char* f32_name, const char* f64_name, V x) {
  llvm::Type* element = x->getType()->getScalarType();
  auto* type = llvm::FunctionType::get(element, {element}, false);
  llvm::Module* module = ir_.GetInsertBlock()->getModule();
  auto callee = module->getOrInsertFunction(element->isFloatTy() ? f32_name : f64_name, type);
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(x->getType());
  if (vector == nullptr) return ir_.CreateCall(callee, {x});
  V result = llvm::PoisonValue::get(vector);
  for (unsigned lane = 0; lane < vector->getNumElements(); ++lane) {
    V one = ir_.CreateCall(callee, {ir_.CreateExtractElement(x, lane)});
    result = ir_.CreateInsertElement(result, one, lane);
  }
  return result;
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2. 2^n in two factors, so that denormals round once.
V ScalarMath::exp(DType t, V x) {
  if (t == DType::kF64) return library("expf", "exp", x);
  V capped = ir_.CreateSelect(ir_.CreateFCmpOLT(x, like(x, 90)), x, like(x, 90));
  capped = ir_.CreateSelect(ir_.CreateFCmpOGT(capped, like(x, -105)), capped, like(x, -105));
  V n = ir_.CreateUnaryIntrinsic(llvm::Intrinsic::rint, ir_.CreateFMul(capped, like(x, 1.44269504088896341)));
  V r = fma(n, like(x, -0x1.62e4p-1), capped);
  r = fma(n, like(x, -1.42860682030941723e-6), r);
  V p = polynomial(r, kExpCoefficients);
  p = ir_.CreateFAdd(fma(ir_.CreateFMul(r, r), p, r), like(x, 1));
  V power = ir_.CreateFPToSI(n, with_element(x, ir_.getInt32Ty()));
  V half = ir_.CreateAShr(power, like_int(power, 1));
  auto two_to = [&](V e) {
    V bits = ir_.CreateShl(ir_.CreateAdd(e, like_int(e, 127)), like_int(e, 23));
    return ir_.CreateBitCast(bits, x->getType());
  };
  V y = ir_.CreateFMul(ir_.CreateFMul(p, two_to(half)), two_to(ir_.CreateSub(power, half)));
  return ir_.CreateSelect(ir_.CreateFCmpUNO(x, x), x, y);
}

// exp(x) for |x| <= kNormalExponent, where neither x nor the result needs care; NaN stays NaN. n is rounded by adding a
// number so large that it has no fraction; shifted up, the sum's low bits are the exponent to add.
V ScalarMath::exp_of_normal(V x) {
  constexpr double kRound = 0x1.8p23;
  V shifted = fma(x, like(x, 1.44269504088896341), like(x, kRound));
  V n = ir_.CreateFSub(shifted, like(x, kRound));
  V r = fma(n, like(x, -0x1.62e4p-1), x);
  r = fma(n, like(x, -1.42860682030941723e-6), r);
  V p = polynomial(r, kExpCoefficients);
  p = ir_.CreateFAdd(fma(ir_.CreateFMul(r, r), p, r), like(x, 1));
  llvm::Type* integer = with_element(x, ir_.getInt32Ty());
  V exponent = ir_.CreateBitCast(shifted, integer);
  exponent = ir_.CreateShl(exponent, like_int(exponent, 23));
  V y = ir_.CreateBitCast(ir_.CreateAdd(ir_.CreateBitCast(p, integer), exponent), x->getType());
  return ir_.CreateSelect(ir_.CreateFCmpUNO(x, x), x, y);  // a NaN's low bits are no exponent
}

// Holds x to [low, high]; NaN stays NaN.
V ScalarMath::clamp(V x, double low, double high) {
  x = ir_.CreateSelect(ir_.CreateFCmpOLT(like(x, high), x), like(x, high), x);
  return ir_.CreateSelect(ir_.CreateFCmpOGT(like(x, low), x), like(x, low), x);
}

// log(2^e m) = e ln 2 + log(1 + f), m in [sqrt(1/2), sqrt(2)), f = m - 1.
V ScalarMath::log(DType t, V x) {
  if (t == DType::kF64) return library("logf", "log", x);
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
  if (t == DType::kF64) return library("log1pf", "log1p", x);
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
  if (t == DType::kF64) return library("tanhf", "tanh", x);
  V magnitude = abs(t, x);
  V z = ir_.CreateFMul(x, x);
  V p = polynomial(z, {-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1});
  V near = fma(ir_.CreateFMul(p, z), x, x);
  V e = exp_of_normal(clamp(ir_.CreateFAdd(magnitude, magnitude), 0, kNormalExponent));
  V far = ir_.CreateFSub(like(x, 1), ir_.CreateFDiv(like(x, 2), ir_.CreateFAdd(e, like(x, 1))));
  V y = ir_.CreateSelect(ir_.CreateFCmpOLT(magnitude, like(x, 0.625)), near, far);
  return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, y, x);
}

// f32: 1 / (1 + exp(-x)), with exp(87) for all below -87. f64: with z = exp(-|x|), 1 / (1 + z) or z / (1 + z), so that
// small results keep their digits.
V ScalarMath::sigmoid(DType t, V x) {
  if (t == DType::kF32) {
    V z = exp_of_normal(clamp(ir_.CreateFNeg(x), -kNormalExponent, kNormalExponent));
    return ir_.CreateFDiv(like(x, 1), ir_.CreateFAdd(z, like(x, 1)));
  }
  V z = exp(t, ir_.CreateFNeg(abs(t, x)));
  V numerator = ir_.CreateSelect(ir_.CreateFCmpOLT(x, like(x, 0)), z, like(x, 1));
  return ir_.CreateFDiv(numerator, ir_.CreateFAdd(z, like(x, 1)));
}

V ScalarMath::erf(DType t, V x) {
  if (t == DType::kF64) return library("erff", "erf", x);
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
  V p = polynomial(s, {-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1});
  V near = fma(p, x, x);
  V result = ir_.CreateSelect(ir_.CreateFCmpOGT(a, like(x, 0.927734375)), far, near);
  return ir_.CreateSelect(ir_.CreateFCmpUNO(x, x), x, result);
}

V ScalarMath::cos(DType, V x) { return library("cosf", "cos", x); }
V ScalarMath::sin(DType, V x) { return library("sinf", "sin", x); }
V ScalarMath::atan(DType, V x) { return library("atanf", "atan", x); }
V ScalarMath::pow(DType t, V x, V y) {
  const char* name = t == DType::kF32 ? "powf" : "pow";
  llvm::Type* element = x->getType()->getScalarType();
  auto* type = llvm::FunctionType::get(element, {element, element}, false);
  auto callee = ir_.GetInsertBlock()->getModule()->getOrInsertFunction(name, type);
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(x->getType());
  if (vector == nullptr) return ir_.CreateCall(callee, {x, y});
  V result = llvm::PoisonValue::get(vector);
  for (unsigned lane = 0; lane < vector->getNumElements(); ++lane) {
    V one = ir_.CreateCall(callee, {ir_.CreateExtractElement(x, lane), ir_.CreateExtractElement(y, lane)});
    result = ir_.CreateInsertElement(result, one, lane);
  }
  return result;
}

}  // namespace minnow

// Scalar and vector arithmetic of every dtype as LLVM IR: each function takes scalars or vectors alike.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include "ir/type.h"

namespace minnow {

// Semantics where C++ leaves them open: integers wrap; division by integer zero gives 0; conversions to integers
// truncate and saturate, NaN gives 0; max and min give NaN if either operand is NaN.
class ScalarMath {
 public:
  explicit ScalarMath(llvm::IRBuilder<>& ir) : ir_(ir) {}

  using V = llvm::Value*;
  V neg(DType t, V x);
  V abs(DType t, V x);
  V sign(DType t, V x);
  V sqrt(DType t, V x);
  V floor(DType t, V x);
  V logical_not(DType t, V x);
  V convert(DType from, DType to, V x);

  // f32, over the whole range, denormals included (vector_math.cc): the largest error in ulp, as measured over every
  // 61st float and asserted by tests/codegen/vector_math_test.cc.
  V exp(DType t, V x);      // 1.1
  V log(DType t, V x);      // 0.9
  V log1p(DType t, V x);    // 1.5
  V tanh(DType t, V x);     // 1.4
  V sigmoid(DType t, V x);  // 2.4 down to 1.6e-38, which it answers for all that is smaller
  V erf(DType t, V x);      // 1.1
  // Calls of the C library, a lane at a time: 0.6, pow 1.
  V cos(DType t, V x);
  V sin(DType t, V x);
  V atan(DType t, V x);
  V pow(DType t, V x, V y);

  V add(DType t, V a, V b);
  V sub(DType t, V a, V b);
  V mul(DType t, V a, V b);
  V div(DType t, V a, V b);
  V max(DType t, V a, V b);
  V min(DType t, V a, V b);
  V eq(DType t, V a, V b);
  V ne(DType t, V a, V b);
  V lt(DType t, V a, V b);
  V le(DType t, V a, V b);
  V logical_and(DType t, V a, V b);
  V logical_or(DType t, V a, V b);
  V select(V pred, V a, V b);

  V fma(V a, V b, V c);
  // A constant of x's type (scalar or splat).
  V like(V x, double value);
  V like_int(V x, int64_t value);
  // Horner's rule with fused multiply-adds, highest power first.
  V polynomial(V x, std::initializer_list<double> coefficients);

 private:
  V library(const char* f32_name, const char* f64_name, V x);
  V exp_of_normal(V x);
  V clamp(V x, double low, double high);
  llvm::Type* with_element(V x, llvm::Type* element);

  llvm::IRBuilder<>& ir_;
};

}  // namespace minnow

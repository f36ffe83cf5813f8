// Scalar and vector arithmetic of every dtype as LLVM IR: each function takes scalars or vectors alike.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <span>
#include <string>
#include <vector>

#include "codegen/target/target.h"
#include "ir/type.h"

namespace minnow {

// Semantics where C++ leaves them open: integers wrap; division by integer zero gives 0; conversions to integers
// truncate and saturate, NaN gives 0; max and min give NaN if either operand is NaN, and +0 is larger than -0.
class ScalarMath {
 public:
  ScalarMath(llvm::IRBuilder<>& ir, const Target& target) : ir_(ir), target_(target) {}

  using V = llvm::Value*;
  V neg(DType t, V x);
  V abs(DType t, V x);
  V sign(DType t, V x);
  V logical_not(DType t, V x);
  V convert(DType from, DType to, V x);

  // f32, over the whole range, denormals included (vector_math.cc). proof/accuracy.h has their errors.
  V exp(DType t, V x);
  V log(DType t, V x);
  V log1p(DType t, V x);
  V expm1(DType t, V x);
  V tanh(DType t, V x);
  V sigmoid(DType t, V x);
  V erf(DType t, V x);
  V erfc(DType t, V x);
  V sin(DType t, V x);
  V cos(DType t, V x);
  V atan(DType t, V x);
  V pow(DType t, V x, V y);
  // Calls a function of the C library, named as for f64, a lane at a time.
  V library(const std::string& name, llvm::ArrayRef<V> operands);

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

  // An unsigned integer for a float, whose order is that of max: NaNs above all others, -0 below +0, -infinity at 0.
  V order_of(V x);
  V from_order(V order);

  V fma(V a, V b, V c);
  // A constant of x's type (scalar or splat).
  V like(V x, double value);
  V is_negative_zero(V x);
  V like_int(V x, int64_t value);
  // Horner's rule with fused multiply-adds, highest power first.
  V polynomial(V x, std::initializer_list<double> coefficients);

 private:
  struct Exponent {
    V n, r, bits;  // bits: n, below bits of no meaning
  };
  Exponent reduce_exponent(V x);
  bool has_wide_tables() const;
  bool has_scale(V x) const;
  V scale(V y, V n, V bits);
  V exp_of_normal(V x, V is_divided = nullptr);
  V clamp(V x, double low, double high);
  V look_up(std::span<const double> entries, V index);
  V polynomial_around(std::span<const std::vector<double>> terms, V index, V r);
  V erf_by_table(V x);
  V tanh_by_table(V x);
  bool has_vectors_of_doubles() const;
  V wave(V x, int64_t quarters);
  V log2_of_normal(V x);
  V exp2_of(V x);
  V unless(V is_rare, V usual, llvm::function_ref<V()> other);
  V bits(V x);
  V nan_or(V a, V b, V bits);
  V with_negatives_reversed(V bits);
  llvm::Type* with_element(V x, llvm::Type* element);

  llvm::IRBuilder<>& ir_;
  const Target& target_;
};

}  // namespace minnow

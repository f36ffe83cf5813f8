// The interpreter's rule per op kind: ReferenceKernel<kind>::apply computes the op's results from its
// operands. The op table declares the rules; they are defined by family in reference_kernels_*.cc, kFused and kLoop in
// interpreter.cc.
#pragma once

#include <span>

#include "interpreter/interpreter.h"
#include "interpreter/tensor.h"
#include "ir/function.h"

namespace minnow {

// One op to compute. Operands and results are of the op's types, with f64 for f32 under Precision::kF64;
// results hold zeros beforehand.
struct KernelCall {
  const Op& op;
  std::span<const Tensor* const> operands;
  std::span<Tensor> results;
  Precision precision;
  const OpObserver& observer;
  InterruptFlag interrupt;  // once it is set, results do not matter

  const Tensor& operand(size_t i = 0) const { return *operands[i]; }
  Tensor& result() const { return results[0]; }
};

template <OpKind kind>
struct ReferenceKernel;

#define MINNOW_OP(kind, ...)                   \
  template <>                                  \
  struct ReferenceKernel<OpKind::k##kind> {    \
    static void apply(const KernelCall& call); \
  };
#include "ir/ops.def"

}  // namespace minnow

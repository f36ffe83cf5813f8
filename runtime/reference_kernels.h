// The interpreter's rule per op kind: ReferenceKernel<kind>::apply computes the op's results from its
// operands. The rules are declared here and defined by family in reference_kernels_*.cc; kFused and kMap
// are the interpreter's own.
#pragma once

#include <span>

#include "ir/function.h"
#include "runtime/interpreter.h"
#include "runtime/tensor.h"

namespace minnow {

// One op to compute. Operands and results are of the op's types, with f64 for f32 under Precision::kF64;
// results hold zeros beforehand.
struct KernelCall {
  const Op& op;
  std::span<const Tensor* const> operands;
  std::span<Tensor> results;
  Precision precision;
  const OpObserver& observer;

  const Tensor& operand(size_t i = 0) const { return *operands[i]; }
  Tensor& result() const { return results[0]; }
};

template <OpKind kind>
struct ReferenceKernel;  // undefined: an op that is not declared below does not compile

#define MINNOW_REFERENCE_KERNEL(kind)          \
  template <>                                  \
  struct ReferenceKernel<OpKind::k##kind> {    \
    static void apply(const KernelCall& call); \
  };

// reference_kernels_leaves.cc
MINNOW_REFERENCE_KERNEL(Constant)
MINNOW_REFERENCE_KERNEL(Iota)
MINNOW_REFERENCE_KERNEL(Random)
MINNOW_REFERENCE_KERNEL(Gather)
MINNOW_REFERENCE_KERNEL(ScatterAdd)

// reference_kernels_elementwise.cc
MINNOW_REFERENCE_KERNEL(Negate)
MINNOW_REFERENCE_KERNEL(Abs)
MINNOW_REFERENCE_KERNEL(Sign)
MINNOW_REFERENCE_KERNEL(Exp)
MINNOW_REFERENCE_KERNEL(Log)
MINNOW_REFERENCE_KERNEL(Log1p)
MINNOW_REFERENCE_KERNEL(Sqrt)
MINNOW_REFERENCE_KERNEL(Tanh)
MINNOW_REFERENCE_KERNEL(Sigmoid)
MINNOW_REFERENCE_KERNEL(Erf)
MINNOW_REFERENCE_KERNEL(Cos)
MINNOW_REFERENCE_KERNEL(Sin)
MINNOW_REFERENCE_KERNEL(Floor)
MINNOW_REFERENCE_KERNEL(Not)
MINNOW_REFERENCE_KERNEL(Convert)
MINNOW_REFERENCE_KERNEL(Add)
MINNOW_REFERENCE_KERNEL(Subtract)
MINNOW_REFERENCE_KERNEL(Multiply)
MINNOW_REFERENCE_KERNEL(Divide)
MINNOW_REFERENCE_KERNEL(Maximum)
MINNOW_REFERENCE_KERNEL(Minimum)
MINNOW_REFERENCE_KERNEL(Power)
MINNOW_REFERENCE_KERNEL(Equal)
MINNOW_REFERENCE_KERNEL(NotEqual)
MINNOW_REFERENCE_KERNEL(Less)
MINNOW_REFERENCE_KERNEL(LessEqual)
MINNOW_REFERENCE_KERNEL(Greater)
MINNOW_REFERENCE_KERNEL(GreaterEqual)
MINNOW_REFERENCE_KERNEL(And)
MINNOW_REFERENCE_KERNEL(Or)
MINNOW_REFERENCE_KERNEL(Select)

// reference_kernels_index_maps.cc
MINNOW_REFERENCE_KERNEL(Broadcast)
MINNOW_REFERENCE_KERNEL(Reshape)
MINNOW_REFERENCE_KERNEL(Transpose)
MINNOW_REFERENCE_KERNEL(Slice)
MINNOW_REFERENCE_KERNEL(Pad)
MINNOW_REFERENCE_KERNEL(Concat)

// reference_kernels_reductions.cc
MINNOW_REFERENCE_KERNEL(ReduceSum)
MINNOW_REFERENCE_KERNEL(ReduceMax)
MINNOW_REFERENCE_KERNEL(ArgMax)

// reference_kernels_contractions.cc
MINNOW_REFERENCE_KERNEL(Dot)
MINNOW_REFERENCE_KERNEL(Conv)
MINNOW_REFERENCE_KERNEL(ConvInput)
MINNOW_REFERENCE_KERNEL(ConvFilter)

// reference_kernels_windows.cc
MINNOW_REFERENCE_KERNEL(WindowMax)
MINNOW_REFERENCE_KERNEL(WindowSum)
MINNOW_REFERENCE_KERNEL(WindowSpread)
MINNOW_REFERENCE_KERNEL(WindowPick)

// interpreter.cc
MINNOW_REFERENCE_KERNEL(Fused)
MINNOW_REFERENCE_KERNEL(Map)

#undef MINNOW_REFERENCE_KERNEL

}  // namespace minnow

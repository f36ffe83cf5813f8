// Type inference: one rule per op kind gives the result type from operands and attributes, or says why there is none.
#pragma once

#include <span>

#include "ir/function.h"

namespace minnow {

// The single result type of an op that is not kFused (a fused op's types are its body's results). For kConstant,
// kIota, kRandom, kReshape, kBroadcast, kConvert the written type decides and is passed in `declared`; for the rest
// it is ignored. The error's `where` is empty: the caller knows the place.
Result<TensorType> infer_type(OpKind kind, std::span<const TensorType> operands, const Attributes& attributes,
                              const TensorType& declared);

// No attribute of a convolution or a window may exceed this, so that sums and products of them stay far from overflow.
inline constexpr int64_t kMaxWindow = 1 << 20;

// Output extent of a window: floor((size + pad - dilation*(kernel-1) - 1) / stride) + 1, 0 if it does not fit.
int64_t window_extent(int64_t size, int64_t pad_total, int64_t kernel, int64_t stride, int64_t dilation);

}  // namespace minnow

// From an element type of the language to that of C++.
#pragma once

#include "ir/type.h"

namespace minnow {

// Calls use(T{}) with the C++ type of the elements of `dtype`; kPred is uint8_t.
template <typename Use>
void with_type(DType dtype, Use use) {
  switch (dtype) {
    case DType::kF32: return use(float{});
    case DType::kF64: return use(double{});
    case DType::kI32: return use(int32_t{});
    case DType::kU8:
    case DType::kPred: return use(uint8_t{});
  }
}

}  // namespace minnow

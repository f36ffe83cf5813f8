// Floats of 16, 8 and 4 bits, as https://onnx.ai/onnx/technical/float8.html and IEEE 754 lay them out.
#pragma once

#include <cstdint>

#include "frontend/onnx/element_types.h"

namespace minnow {

// How a small float is made of its bits.
struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  // What the largest exponent means: infinities and NaN; only the largest mantissa is NaN; or it is like the others,
  // and NaN, if there is one, has the bits of -0.
  enum class Special { kIeee, kLastIsNan, kMinusZeroIsNan, kNone } special;
  bool is_signed = true;

  double greatest() const;
};

// nullptr for FLOAT, DOUBLE and what is no float.
const FloatFormat* float_format(ElementType type);

double float_from_bits(const FloatFormat& format, uint32_t bits);
// The nearest value, of two the one whose last bit is 0. What is beyond the greatest becomes that with `saturates`,
// else infinity, or NaN where there is none.
double rounded_to(const FloatFormat& format, double value, bool saturates);

}  // namespace minnow

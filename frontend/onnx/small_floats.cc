#include "frontend/onnx/small_floats.h"

#include <array>
#include <cmath>
#include <limits>

namespace minnow {
namespace {

using Type = onnx::TensorProto;
using Special = FloatFormat::Special;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Row {
  ElementType type;
  FloatFormat format;
};

constexpr std::array<Row, 8> kFormats = {{{Type::FLOAT16, {5, 10, 15, Special::kIeee}},
                                          {Type::BFLOAT16, {8, 7, 127, Special::kIeee}},
                                          {Type::FLOAT8E4M3FN, {4, 3, 7, Special::kLastIsNan}},
                                          {Type::FLOAT8E4M3FNUZ, {4, 3, 8, Special::kMinusZeroIsNan}},
                                          {Type::FLOAT8E5M2, {5, 2, 15, Special::kIeee}},
                                          {Type::FLOAT8E5M2FNUZ, {5, 2, 16, Special::kMinusZeroIsNan}},
                                          {Type::FLOAT8E8M0, {8, 0, 127, Special::kLastIsNan, false}},
                                          {Type::FLOAT4E2M1, {2, 1, 1, Special::kNone}}}};

}  // namespace

const FloatFormat* float_format(ElementType type) {
  for (const Row& row : kFormats)
    if (row.type == type) return &row.format;
  return nullptr;
}

double FloatFormat::greatest() const {
  int exponent = (1 << exponent_bits) - 1;
  int mantissa = (1 << mantissa_bits) - 1;
  if (special == Special::kIeee || (special == Special::kLastIsNan && mantissa_bits == 0)) --exponent;
  else if (special == Special::kLastIsNan) --mantissa;
  return std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
}

double float_from_bits(const FloatFormat& format, uint32_t bits) {
  const uint32_t mantissa = bits & ((1U << format.mantissa_bits) - 1);
  const uint32_t last = (1U << format.exponent_bits) - 1;
  const uint32_t exponent = (bits >> format.mantissa_bits) & last;
  const bool is_negative = format.is_signed && (bits >> (format.mantissa_bits + format.exponent_bits) & 1U) != 0;
  if (format.special == Special::kMinusZeroIsNan && is_negative && mantissa == 0 && exponent == 0) return kNan;
  if (format.special == Special::kIeee && exponent == last) {
    if (mantissa != 0) return kNan;
    return is_negative ? -kInfinity : kInfinity;
  }
  const bool is_last = exponent == last && mantissa == (1U << format.mantissa_bits) - 1;
  if (format.special == Special::kLastIsNan && is_last) return kNan;
  // A format without a mantissa has no denormals, and no zero.
  const bool is_denormal = exponent == 0 && format.mantissa_bits > 0;
  const double significand = is_denormal ? mantissa : mantissa + (1U << format.mantissa_bits);
  const int power = static_cast<int>(is_denormal ? 1 : exponent) - format.bias - format.mantissa_bits;
  const double magnitude = std::ldexp(significand, power);
  return is_negative ? -magnitude : magnitude;
}

double rounded_to(const FloatFormat& format, double value, bool saturates) {
  if (std::isnan(value)) return format.special == Special::kNone ? 0 : kNan;
  const double greatest = format.greatest();
  const auto too_large = [&](double sign) {
    if (format.special == Special::kNone || saturates) return sign * greatest;
    return format.special == Special::kIeee ? sign * kInfinity : kNan;
  };
  const double sign = std::signbit(value) ? -1 : 1;
  if (std::isinf(value)) return too_large(sign);
  int exponent = 0;
  std::frexp(value, &exponent);
  const int least_power = 1 - format.bias - format.mantissa_bits;
  const int power = std::max(exponent - 1 - format.mantissa_bits, least_power);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -power)), power);
  if (std::abs(rounded) > greatest) return too_large(sign);
  return format.special == Special::kMinusZeroIsNan && rounded == 0 ? 0.0 : rounded;
}

}  // namespace minnow

#include "passes/simplify/evaluate_scalar.h"

#include <cmath>

namespace minnow {
namespace {

template <typename T>
T stable_sigmoid(T x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  return std::exp(x) / (1 + std::exp(x));
}

// NaN if either is; +0 is larger than -0.
template <typename T>
T larger(T a, T b) {
  if (a == b) return std::signbit(static_cast<double>(a)) ? b : a;
  return a > b || a != a ? a : b;
}
template <typename T>
T smaller(T a, T b) {
  if (a == b) return std::signbit(static_cast<double>(a)) ? a : b;
  return a < b || a != a ? a : b;
}

// What floats and integers share.
template <typename T>
std::optional<T> arithmetic(OpKind kind, T x, T y) {
  switch (kind) {
    case OpKind::kNegate: return -x;
    case OpKind::kAbs: return std::abs(x);
    case OpKind::kSign: return x > 0 ? T{1} : x < 0 ? T{-1} : x;
    case OpKind::kAdd: return x + y;
    case OpKind::kSubtract: return x - y;
    case OpKind::kMultiply: return x * y;
    case OpKind::kMaximum: return larger(x, y);
    case OpKind::kMinimum: return smaller(x, y);
    default: return std::nullopt;
  }
}

template <typename T>
std::optional<T> float_arithmetic(OpKind kind, T x, T y) {
  switch (kind) {
    case OpKind::kExp: return std::exp(x);
    case OpKind::kLog: return std::log(x);
    case OpKind::kLog1p: return std::log1p(x);
    case OpKind::kExpm1: return std::expm1(x);
    case OpKind::kSqrt: return std::sqrt(x);
    case OpKind::kTanh: return std::tanh(x);
    case OpKind::kSigmoid: return stable_sigmoid(x);
    case OpKind::kErf: return std::erf(x);
    case OpKind::kErfc: return std::erfc(x);
    case OpKind::kCos: return std::cos(x);
    case OpKind::kSin: return std::sin(x);
    case OpKind::kAtan: return std::atan(x);
    case OpKind::kFloor: return std::floor(x);
    case OpKind::kDivide: return x / y;
    case OpKind::kPower: return std::pow(x, y);
    default: return arithmetic(kind, x, y);
  }
}

std::optional<bool> compare(OpKind kind, double x, double y) {
  switch (kind) {
    case OpKind::kEqual: return x == y;
    case OpKind::kNotEqual: return x != y;
    case OpKind::kLess: return x < y;
    case OpKind::kLessEqual: return x <= y;
    case OpKind::kGreater: return x > y;
    case OpKind::kGreaterEqual: return x >= y;
    case OpKind::kAnd: return x != 0 && y != 0;
    case OpKind::kOr: return x != 0 || y != 0;
    case OpKind::kNot: return x == 0;
    default: return std::nullopt;
  }
}

std::optional<double> convert(DType to, double x) {
  if (is_float(to)) return round_to(to, x);
  if (to == DType::kPred) return x != 0;
  const double low = to == DType::kU8 ? 0 : -2147483648.0, high = to == DType::kU8 ? 255 : 2147483647.0;
  const double whole = std::trunc(x);
  if (!(whole >= low && whole <= high)) return std::nullopt;
  return whole + 0.0;  // no -0 among integers
}

double multiply_add(DType dtype, double a, double b, double c) {
  if (dtype == DType::kF64) return std::fma(a, b, c);
  return std::fma(static_cast<float>(a), static_cast<float>(b), static_cast<float>(c));
}

// i32 wraps around.
std::optional<double> integer(OpKind kind, double x, double y) {
  auto exact = arithmetic(kind, static_cast<int64_t>(x), static_cast<int64_t>(y));
  if (!exact) return std::nullopt;
  return static_cast<int32_t>(static_cast<uint32_t>(*exact));
}

}  // namespace

double round_to(DType dtype, double value) {
  return dtype == DType::kF32 ? static_cast<double>(static_cast<float>(value)) : value;
}

std::optional<double> evaluate_scalar(OpKind kind, DType operand, DType result, std::span<const double> arguments) {
  const double x = round_to(operand, arguments[0]);
  const double y = arguments.size() > 1 ? round_to(operand, arguments[1]) : 0;
  if (kind == OpKind::kSelect) return arguments[0] != 0 ? arguments[1] : arguments[2];
  if (kind == OpKind::kConvert) return convert(result, x);
  if (kind == OpKind::kMultiplyAdd) return multiply_add(result, x, y, round_to(operand, arguments[2]));
  if (result == DType::kPred) return compare(kind, x, y);
  if (result == DType::kF32) return float_arithmetic(kind, static_cast<float>(x), static_cast<float>(y));
  if (result == DType::kF64) return float_arithmetic(kind, x, y);
  return result == DType::kI32 ? integer(kind, x, y) : std::nullopt;
}

}  // namespace minnow

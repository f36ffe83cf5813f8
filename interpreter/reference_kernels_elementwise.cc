// One element of the result from one of each operand.
#include <cmath>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"

namespace minnow {
namespace {

// result = function(x), elements of type T.
template <typename T, typename F>
void map_as(const KernelCall& call, F function) {
  const std::span<const T> x = call.operand().as<T>();
  const std::span<T> result = call.result().as<T>();
  for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<T>(function(Wide<T>{x[i]}));
}

// result = function(x, y), operands of type T, results of type R.
template <typename T, typename R, typename F>
void zip_as(const KernelCall& call, F function) {
  const std::span<const T> x = call.operand(0).as<T>();
  const std::span<const T> y = call.operand(1).as<T>();
  const std::span<R> result = call.result().as<R>();
  for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<R>(function(Wide<T>{x[i]}, Wide<T>{y[i]}));
}

template <typename F>
void map_numbers(const KernelCall& call, F function) {
  with_type(call.result().type().dtype, [&]<typename T>(T) { map_as<T>(call, function); });
}

template <typename F>
void map_floats(const KernelCall& call, F function) {
  with_float_type(call.result().type().dtype, [&]<typename T>(T) { map_as<T>(call, function); });
}

template <typename F>
void zip_numbers(const KernelCall& call, F function) {
  with_type(call.result().type().dtype, [&]<typename T>(T) { zip_as<T, T>(call, function); });
}

template <typename F>
void zip_floats(const KernelCall& call, F function) {
  with_float_type(call.result().type().dtype, [&]<typename T>(T) { zip_as<T, T>(call, function); });
}

// The result is kPred.
template <typename F>
void compare(const KernelCall& call, F function) {
  with_type(call.operand().type().dtype, [&]<typename T>(T) { zip_as<T, uint8_t>(call, function); });
}

// Without overflow on either side.
template <typename T>
T sigmoid(T x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const T e = std::exp(x);
  return e / (1 + e);
}

}  // namespace

void ReferenceKernel<OpKind::kNegate>::apply(const KernelCall& call) {
  map_numbers(call, [](auto x) { return -x; });
}

void ReferenceKernel<OpKind::kAbs>::apply(const KernelCall& call) {
  map_numbers(call, [](auto x) { return std::abs(x); });
}

void ReferenceKernel<OpKind::kSign>::apply(const KernelCall& call) {
  map_numbers(call, [](auto x) { return x > 0 ? decltype(x){1} : x < 0 ? decltype(x){-1} : x; });
}

void ReferenceKernel<OpKind::kExp>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::exp(x); });
}

void ReferenceKernel<OpKind::kLog>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::log(x); });
}

void ReferenceKernel<OpKind::kLog1p>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::log1p(x); });
}

void ReferenceKernel<OpKind::kExpm1>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::expm1(x); });
}

void ReferenceKernel<OpKind::kSqrt>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::sqrt(x); });
}

void ReferenceKernel<OpKind::kTanh>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::tanh(x); });
}

void ReferenceKernel<OpKind::kSigmoid>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return sigmoid(x); });
}

void ReferenceKernel<OpKind::kErf>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::erf(x); });
}

void ReferenceKernel<OpKind::kErfc>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::erfc(x); });
}

void ReferenceKernel<OpKind::kCos>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::cos(x); });
}

void ReferenceKernel<OpKind::kSin>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::sin(x); });
}

void ReferenceKernel<OpKind::kAtan>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::atan(x); });
}

void ReferenceKernel<OpKind::kFloor>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::floor(x); });
}

void ReferenceKernel<OpKind::kRound>::apply(const KernelCall& call) {
  map_floats(call, [](auto x) { return std::nearbyint(x); });  // in the rounding mode that a program begins with
}

void ReferenceKernel<OpKind::kNot>::apply(const KernelCall& call) {
  map_as<uint8_t>(call, [](auto x) { return x == 0; });
}

void ReferenceKernel<OpKind::kConvert>::apply(const KernelCall& call) {
  call.result() = call.operand().converted_to(call.result().type().dtype);
}

void ReferenceKernel<OpKind::kAdd>::apply(const KernelCall& call) {
  zip_numbers(call, [](auto a, auto b) { return a + b; });
}

void ReferenceKernel<OpKind::kSubtract>::apply(const KernelCall& call) {
  zip_numbers(call, [](auto a, auto b) { return a - b; });
}

void ReferenceKernel<OpKind::kMultiply>::apply(const KernelCall& call) {
  zip_numbers(call, [](auto a, auto b) { return a * b; });
}

void ReferenceKernel<OpKind::kDivide>::apply(const KernelCall& call) {
  zip_floats(call, [](auto a, auto b) { return a / b; });
}

void ReferenceKernel<OpKind::kMaximum>::apply(const KernelCall& call) {
  zip_numbers(call, [](auto a, auto b) { return larger_of(a, b); });
}

void ReferenceKernel<OpKind::kMinimum>::apply(const KernelCall& call) {
  zip_numbers(call, [](auto a, auto b) { return smaller_of(a, b); });
}

void ReferenceKernel<OpKind::kPower>::apply(const KernelCall& call) {
  zip_floats(call, [](auto a, auto b) { return std::pow(a, b); });
}

void ReferenceKernel<OpKind::kEqual>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a == b; });
}

void ReferenceKernel<OpKind::kNotEqual>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a != b; });
}

void ReferenceKernel<OpKind::kLess>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a < b; });
}

void ReferenceKernel<OpKind::kLessEqual>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a <= b; });
}

void ReferenceKernel<OpKind::kGreater>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a > b; });
}

void ReferenceKernel<OpKind::kGreaterEqual>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a >= b; });
}

void ReferenceKernel<OpKind::kAnd>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a != 0 && b != 0; });
}

void ReferenceKernel<OpKind::kOr>::apply(const KernelCall& call) {
  compare(call, [](auto a, auto b) { return a != 0 || b != 0; });
}

void ReferenceKernel<OpKind::kSelect>::apply(const KernelCall& call) {
  const std::span<const uint8_t> condition = call.operand(0).as<uint8_t>();
  with_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> on_true = call.operand(1).as<T>();
    const std::span<const T> on_false = call.operand(2).as<T>();
    const std::span<T> result = call.result().as<T>();
    for (size_t i = 0; i < result.size(); ++i) result[i] = condition[i] != 0 ? on_true[i] : on_false[i];
  });
}

void ReferenceKernel<OpKind::kMultiplyAdd>::apply(const KernelCall& call) {
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> a = call.operand(0).as<T>();
    const std::span<const T> b = call.operand(1).as<T>();
    const std::span<const T> c = call.operand(2).as<T>();
    const std::span<T> result = call.result().as<T>();
    for (size_t i = 0; i < result.size(); ++i) result[i] = std::fma(a[i], b[i], c[i]);
  });
}

}  // namespace minnow

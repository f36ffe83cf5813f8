#include "frontend/onnx/ops/elements.h"

#include <cmath>
#include <numbers>

#include "frontend/onnx/small_floats.h"

namespace minnow {

// f64 holds every i32, and the quotient of two is rounded to no whole number that it is not.
Value* floor_quotient(GraphBuilder& b, Value* x, Value* y) {
  return b.convert(b.floor(b.div(b.convert(x, DType::kF64), b.convert(y, DType::kF64))), DType::kI32);
}

Value* quotient(GraphBuilder& b, Value* x, Value* y) {
  return b.convert(b.div(b.convert(x, DType::kF64), b.convert(y, DType::kF64)), DType::kI32);
}

Value* wrapped(GraphBuilder& b, Value* x, ElementType type) {
  const int bits = bits_of(type);
  if (bits == 0 || bits >= 32) return x;
  const auto [least, greatest] = limits_of(type);
  const double span = std::ldexp(1, bits);
  Value* shifted = b.sub(x, static_cast<double>(least));
  return b.sub(x, b.mul(floor_quotient(b, shifted, b.like(shifted, span)), span));
}

Value* saturated(GraphBuilder& b, Value* x, ElementType type) {
  if (bits_of(type) >= 32) return x;
  const auto [least, greatest] = limits_of(type);
  return b.min(b.max(x, static_cast<double>(least)), static_cast<double>(greatest));
}

Value* ceil_of(GraphBuilder& b, Value* x) { return b.neg(b.floor(b.neg(x))); }

Value* truncated(GraphBuilder& b, Value* x) {
  return b.select(b.binary(OpKind::kLess, x, 0.0), ceil_of(b, x), b.floor(x));
}

Value* clamped(GraphBuilder& b, Value* x, double low, double high) { return b.min(b.max(x, low), high); }

Value* relu(GraphBuilder& b, Value* x) { return b.max(x, 0.0); }

Value* softplus_of(GraphBuilder& b, Value* x) {
  Value* is_positive = b.binary(OpKind::kGreater, x, 0.0);
  Value* decayed = b.exp(b.select(is_positive, b.neg(x), x));
  return b.add(b.select(is_positive, x, 0.0), b.unary(OpKind::kLog1p, decayed));
}

Value* gelu_of(GraphBuilder& b, Value* x, bool by_tanh) {
  if (!by_tanh) {
    Value* half = b.mul(x, 0.5);
    return b.add(b.mul(half, b.unary(OpKind::kErf, b.mul(x, 1 / std::numbers::sqrt2))), half);
  }
  Value* cubic = b.add(x, b.mul(b.mul(b.square(x), x), 0.044715));
  return b.mul(x, b.sigmoid(b.mul(cubic, 2 * std::sqrt(2 / std::numbers::pi))));
}

Value* hard_sigmoid_of(GraphBuilder& b, Value* x, double alpha, double beta) {
  return clamped(b, b.add(b.mul(x, alpha), beta), 0, 1);
}

// What is not chosen must not overflow, or its gradient is 0 * inf.
Value* elu_of(GraphBuilder& b, Value* x, double alpha) {
  Value* is_positive = b.binary(OpKind::kGreater, x, 0.0);
  return b.select(is_positive, x, b.mul(b.unary(OpKind::kExpm1, b.select(is_positive, 0.0, x)), alpha));
}

namespace {

// To the digits of a small float: whole multiples of the last place at the element's exponent, which is counted by
// comparisons, one for each exponent that the format has.
Value* in_format(GraphBuilder& b, Value* x, const FloatFormat& format, bool saturates) {
  Value* magnitude = b.abs(x);
  const int least = 1 - format.bias;
  const int greatest = std::ilogb(format.greatest());
  Value* place = b.like(x, std::ldexp(1, least - format.mantissa_bits));
  for (int exponent = least + 1; exponent <= greatest; ++exponent)
    place = b.select(b.binary(OpKind::kGreaterEqual, magnitude, std::ldexp(1, exponent)),
                     std::ldexp(1, exponent - format.mantissa_bits), place);
  Value* rounded = b.mul(b.round(b.div(x, place)), place);
  const double largest = format.greatest();
  if (format.special == FloatFormat::Special::kNone)
    return b.select(b.binary(OpKind::kNotEqual, x, x), 0.0, clamped(b, rounded, -largest, largest));
  Value* is_large = b.binary(OpKind::kGreater, b.abs(rounded), largest);
  if (saturates) return b.select(is_large, clamped(b, rounded, -largest, largest), rounded);
  const double beyond = format.special == FloatFormat::Special::kIeee ? INFINITY : NAN;
  return b.select(is_large, b.mul(b.unary(OpKind::kSign, x), beyond), rounded);
}

}  // namespace

Value* cast_to(GraphBuilder& b, Value* x, ElementType from, ElementType to, bool saturates) {
  const auto dtype = dtype_of(to);
  require(dtype.has_value(), "a cast to {} is not supported", element_type_name(to));
  if (is_whole_element(to)) {
    const bool keeps = from == onnx::TensorProto::BOOL || (is_whole_element(from) && bits_of(from) <= bits_of(to) &&
                                                           is_unsigned_element(from) == is_unsigned_element(to));
    Value* whole = b.convert(x, DType::kI32);
    return keeps ? whole : wrapped(b, whole, to);
  }
  Value* number = b.convert(x, *dtype);
  const FloatFormat* format = float_format(to);
  const bool is_small = format != nullptr && to != onnx::TensorProto::FLOAT16 && to != onnx::TensorProto::BFLOAT16;
  require(!is_small || format->is_signed, "a cast to {} is not supported", element_type_name(to));
  return is_small && to != from ? in_format(b, number, *format, saturates) : number;
}

Value* aligned(NodeScope& n, Value* y) {
  if (n.version() >= 7 || n.whole("broadcast") == 0) return y;
  const int64_t rank = n.rank();
  const int64_t given = n.whole("axis", rank - y->type.rank());
  const int64_t axis = given == rank ? rank : axis_of(given, rank);
  Shape shape = y->type.shape;
  require(axis + y->type.rank() <= rank, "{} does not fit {} from axis {}", shape_to_string(shape),
          shape_to_string(n.shape()), axis);
  shape.resize(static_cast<size_t>(rank - axis), 1);
  return n.b.reshape(y, shape);
}

}  // namespace minnow

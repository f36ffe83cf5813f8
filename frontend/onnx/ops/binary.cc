// Elementwise, two operands or many, which are broadcast to each other.
#include <map>

#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

constexpr ElementType kBool = onnx::TensorProto::BOOL;

void require_one_type(const NodeScope& n) {
  for (size_t i = 1; i < n.inputs(); ++i)
    require(n.type(i) == n.type(), "its inputs are of {} and {}", element_type_name(n.type()),
            element_type_name(n.type(i)));
  require(n.type() != kBool, "it is of BOOL");
}

// Where dividing leaves something, it is of the divisor's sign, or of the dividend's.
Value* modulo(NodeScope& n, Value* x, Value* y) {
  GraphBuilder& b = n.b;
  const bool is_fmod = n.whole("fmod") != 0;
  if (is_whole_element(n.type())) {
    Value* whole = is_fmod ? quotient(b, x, y) : floor_quotient(b, x, y);
    return b.sub(x, b.mul(whole, y));
  }
  require(is_fmod, "of floats it needs fmod = 1");
  Value* wide_x = b.convert(x, DType::kF64);
  Value* wide_y = b.convert(y, DType::kF64);
  Value* times = truncated(b, b.div(wide_x, wide_y));
  // None of what is infinite would be NaN.
  Value* taken = b.select(b.binary(OpKind::kNotEqual, times, 0.0), b.mul(times, wide_y), 0.0);
  return b.convert(b.sub(wide_x, taken), DType::kF32);
}

Value* whole_power(GraphBuilder& b, Value* x, int64_t exponent) {
  Value* result = nullptr;
  for (Value* square = x; exponent > 0; exponent >>= 1, square = b.square(square))
    if (exponent & 1) result = result == nullptr ? square : b.mul(result, square);
  return result != nullptr ? result : b.like(x, 1);
}

}  // namespace

void arithmetic(NodeScope& n) {
  require_one_type(n);
  GraphBuilder& b = n.b;
  Value* x = n.value();
  Value* y = aligned(n, n.value(1));
  const bool is_whole = is_whole_element(n.type());
  Value* result = nullptr;
  if (n.op() == "Add") result = b.add(x, y);
  else if (n.op() == "Sub") result = b.sub(x, y);
  else if (n.op() == "Mul") result = b.mul(x, y);
  else if (n.op() == "Mod") result = modulo(n, x, y);
  else result = is_whole ? quotient(b, x, y) : b.div(x, y);
  n.give(wrapped(b, result, n.type()));
}

// Of the base's type, whatever the exponent's is.
void power(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.value();
  const bool is_number = n.is_known(1) && n.operand(1).known->size() == 1 && n.shape(1).size() <= n.shape().size();
  const double exponent = is_number ? n.operand(1).known->number(0) : -1;
  if (exponent == 2 || exponent == 3 ||
      (is_whole_element(n.type()) && exponent >= 0 && exponent <= 64 && exponent == static_cast<int64_t>(exponent)))
    return n.give(wrapped(b, whole_power(b, x, static_cast<int64_t>(exponent)), n.type()));
  if (exponent == 0.5) return n.give(b.sqrt(x));
  const DType dtype = is_whole_element(n.type()) ? DType::kF64 : DType::kF32;
  Value* y = b.binary(OpKind::kPower, b.convert(x, dtype), b.convert(aligned(n, n.value(1)), dtype));
  if (dtype == DType::kF64) y = b.round(y);
  n.give(wrapped(b, b.convert(y, x->type.dtype), n.type()));
}

// Max, Min, Sum and Mean of any number.
void many(NodeScope& n) {
  require_one_type(n);
  GraphBuilder& b = n.b;
  const OpKind kind = n.op() == "Max" ? OpKind::kMaximum : n.op() == "Min" ? OpKind::kMinimum : OpKind::kAdd;
  Value* y = n.value();
  for (size_t i = 1; i < n.inputs(); ++i) y = b.binary(kind, y, n.value(i));
  if (n.op() == "Mean") y = b.mul(y, 1.0 / static_cast<double>(n.inputs()));
  n.give(y);
}

void compare(NodeScope& n) {
  static const std::map<std::string_view, OpKind> kKinds = {{"Equal", OpKind::kEqual},
                                                            {"Less", OpKind::kLess},
                                                            {"LessOrEqual", OpKind::kLessEqual},
                                                            {"Greater", OpKind::kGreater},
                                                            {"GreaterOrEqual", OpKind::kGreaterEqual}};
  require(n.type() == n.type(1), "its inputs are of {} and {}", element_type_name(n.type()),
          element_type_name(n.type(1)));
  n.give(0, n.b.binary(kKinds.at(n.op()), n.value(), aligned(n, n.value(1))), kBool);
}

void logical(NodeScope& n) {
  require(n.type() == kBool && n.type(1) == kBool, "it is not of BOOL");
  const OpKind kind = n.op() == "And" ? OpKind::kAnd : n.op() == "Or" ? OpKind::kOr : OpKind::kNotEqual;
  n.give(n.b.binary(kind, n.value(), aligned(n, n.value(1))));
}

void where(NodeScope& n) {
  require(n.type() == kBool && n.type(1) == n.type(2), "its inputs are of {}, {} and {}", element_type_name(n.type()),
          element_type_name(n.type(1)), element_type_name(n.type(2)));
  n.give(0, n.b.select(n.value(), n.value(1), n.value(2)), n.type(1));
}

}  // namespace minnow::onnx_ops

// Elementwise, one operand.
#include <cmath>
#include <map>

#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

using Composite = Value*(GraphBuilder& b, Value* x);

// 2 atan(y / (1 + sqrt(1 - y²))) and its like keep their digits where asin and acos are steep.
Value* asin(GraphBuilder& b, Value* x) {
  Value* root = b.sqrt(b.mul(b.sub(b.like(x, 1), x), b.add(x, 1.0)));
  return b.mul(b.unary(OpKind::kAtan, b.div(x, b.add(root, 1.0))), 2.0);
}

Value* acos(GraphBuilder& b, Value* x) {
  Value* ratio = b.div(b.sub(b.like(x, 1), x), b.add(x, 1.0));
  return b.mul(b.unary(OpKind::kAtan, b.sqrt(ratio)), 2.0);
}

Value* tan(GraphBuilder& b, Value* x) { return b.div(b.unary(OpKind::kSin, x), b.unary(OpKind::kCos, x)); }

Value* sinh(GraphBuilder& b, Value* x) {
  return b.mul(b.sub(b.unary(OpKind::kExpm1, x), b.unary(OpKind::kExpm1, b.neg(x))), 0.5);
}

Value* cosh(GraphBuilder& b, Value* x) { return b.mul(b.add(b.exp(x), b.exp(b.neg(x))), 0.5); }

// sign(x) log1p(|x| + x² / (1 + sqrt(1 + x²)))
Value* asinh(GraphBuilder& b, Value* x) {
  Value* magnitude = b.abs(x);
  Value* square = b.square(x);
  Value* part = b.div(square, b.add(b.sqrt(b.add(square, 1.0)), 1.0));
  return b.mul(b.unary(OpKind::kSign, x), b.unary(OpKind::kLog1p, b.add(magnitude, part)));
}

Value* acosh(GraphBuilder& b, Value* x) {
  Value* above = b.sub(x, 1.0);
  return b.unary(OpKind::kLog1p, b.add(above, b.sqrt(b.mul(above, b.add(x, 1.0)))));
}

Value* atanh(GraphBuilder& b, Value* x) {
  return b.mul(b.unary(OpKind::kLog1p, b.div(b.mul(x, 2.0), b.sub(b.like(x, 1), x))), 0.5);
}

Value* reciprocal(GraphBuilder& b, Value* x) { return b.div(b.like(x, 1), x); }

const std::map<std::string_view, OpKind>& primitives() {
  static const std::map<std::string_view, OpKind> kKinds = {
      {"Exp", OpKind::kExp},         {"Log", OpKind::kLog},     {"Sqrt", OpKind::kSqrt},  {"Tanh", OpKind::kTanh},
      {"Sigmoid", OpKind::kSigmoid}, {"Erf", OpKind::kErf},     {"Cos", OpKind::kCos},    {"Sin", OpKind::kSin},
      {"Atan", OpKind::kAtan},       {"Floor", OpKind::kFloor}, {"Round", OpKind::kRound}};
  return kKinds;
}

Composite* composite(std::string_view op) {
  static const std::map<std::string_view, Composite*> kFunctions = {
      {"Ceil", ceil_of}, {"Asin", asin},   {"Acos", acos},   {"Tan", tan},     {"Sinh", sinh},
      {"Cosh", cosh},    {"Asinh", asinh}, {"Acosh", acosh}, {"Atanh", atanh}, {"Reciprocal", reciprocal}};
  return kFunctions.at(op);
}

}  // namespace

void float_function(NodeScope& n) {
  const auto primitive = primitives().find(n.op());
  n.give(primitive != primitives().end() ? n.b.unary(primitive->second, n.floats())
                                         : composite(n.op())(n.b, n.floats()));
}

// Abs, Neg and Sign, of whole numbers, too.
void signed_function(NodeScope& n) {
  Value* x = n.value();
  require(n.type() != onnx::TensorProto::BOOL, "it is of BOOL");
  if (n.op() == "Abs" && is_unsigned_element(n.type())) return n.give(x);
  const OpKind kind = n.op() == "Abs" ? OpKind::kAbs : n.op() == "Neg" ? OpKind::kNegate : OpKind::kSign;
  n.give(wrapped(n.b, n.b.unary(kind, x), n.type()));
}

void is_nan(NodeScope& n) {
  Value* x = n.floats();
  n.give(0, n.b.binary(OpKind::kNotEqual, x, x), onnx::TensorProto::BOOL);
}

void is_inf(NodeScope& n) {
  Value* x = n.floats();
  const bool is_positive = n.whole("detect_positive", 1) != 0, is_negative = n.whole("detect_negative", 1) != 0;
  Value* y = n.b.constant({DType::kPred, x->type.shape}, 0);
  if (is_positive) y = n.b.create(OpKind::kOr, {y, n.b.binary(OpKind::kEqual, x, INFINITY)});
  if (is_negative) y = n.b.create(OpKind::kOr, {y, n.b.binary(OpKind::kEqual, x, -INFINITY)});
  n.give(0, y, onnx::TensorProto::BOOL);
}

void logical_not(NodeScope& n) {
  require(n.type() == onnx::TensorProto::BOOL, "it is of {}", element_type_name(n.type()));
  n.give(n.b.logical_not(n.value()));
}

void cast(NodeScope& n) {
  const auto type = static_cast<ElementType>(n.whole("to"));
  n.give(0, cast_to(n.b, n.value(), n.type(), type, n.whole("saturate", 1) != 0), type);
}

void cast_like(NodeScope& n) {
  n.give(0, cast_to(n.b, n.value(), n.type(), n.type(1), n.whole("saturate", 1) != 0), n.type(1));
}

}  // namespace minnow::onnx_ops

// Elementwise ops take tensors as they are: ONNX's operators repeat what an IR broadcast would.
#include <algorithm>

#include "frontend/onnx/export/export_rules.h"

namespace minnow {
namespace {

// What an elementwise operator makes of such operands.
OnnxValue like_operands(const Op& op, const Exporter& e) {
  OnnxValue result{
      {}, static_cast<size_t>(op.type().rank()), std::vector<bool>(static_cast<size_t>(op.type().rank()), true)};
  for (const Value* operand : op.operands) {
    const OnnxValue& value = e.value(operand);
    result.absent = std::min(result.absent, value.absent);
    for (size_t i = 0; i < result.is_one.size(); ++i) result.is_one[i] = result.is_one[i] && value.is_one[i];
  }
  return result;
}

std::vector<std::string> names_of(const Op& op, const Exporter& e) {
  std::vector<std::string> names;
  for (const Value* operand : op.operands) names.push_back(e.value(operand).name);
  return names;
}

Status define_elementwise(const Op& op, Exporter& e, std::string name) {
  OnnxValue result = like_operands(op, e);
  result.name = std::move(name);
  e.define(op.result(), std::move(result));
  return {};
}

Status operate(const Op& op, Exporter& e, std::string_view onnx_op) {
  return define_elementwise(op, e, e.writer().node(onnx_op, names_of(op, e)));
}

std::string number(const Op& op, Exporter& e, double value) {
  return e.writer().scalar(op.operands[0]->type.dtype, value);
}

}  // namespace

#define MINNOW_SAME(kind, onnx_op) \
  MINNOW_EXPORT(kind) { return operate(op, e, onnx_op); }

MINNOW_SAME(Negate, "Neg")
MINNOW_SAME(Abs, "Abs")
MINNOW_SAME(Sign, "Sign")
MINNOW_SAME(Exp, "Exp")
MINNOW_SAME(Log, "Log")
MINNOW_SAME(Sqrt, "Sqrt")
MINNOW_SAME(Tanh, "Tanh")
MINNOW_SAME(Sigmoid, "Sigmoid")
MINNOW_SAME(Erf, "Erf")
MINNOW_SAME(Cos, "Cos")
MINNOW_SAME(Sin, "Sin")
MINNOW_SAME(Atan, "Atan")
MINNOW_SAME(Floor, "Floor")
MINNOW_SAME(Round, "Round")
MINNOW_SAME(Not, "Not")
MINNOW_SAME(Add, "Add")
MINNOW_SAME(Subtract, "Sub")
MINNOW_SAME(Multiply, "Mul")
MINNOW_SAME(Divide, "Div")
MINNOW_SAME(Maximum, "Max")
MINNOW_SAME(Minimum, "Min")
MINNOW_SAME(Power, "Pow")
MINNOW_SAME(Equal, "Equal")
MINNOW_SAME(Less, "Less")
MINNOW_SAME(LessEqual, "LessOrEqual")
MINNOW_SAME(Greater, "Greater")
MINNOW_SAME(GreaterEqual, "GreaterOrEqual")
MINNOW_SAME(And, "And")
MINNOW_SAME(Or, "Or")
MINNOW_SAME(Select, "Where")

// ONNX has none of the four; what they save of the smallest numbers is below what a prediction shows.
MINNOW_EXPORT(Log1p) {
  const std::string sum = e.writer().node("Add", {e.value(op.operands[0]).name, number(op, e, 1)});
  return define_elementwise(op, e, e.writer().node("Log", {sum}));
}

MINNOW_EXPORT(Expm1) {
  const std::string power = e.writer().node("Exp", {e.value(op.operands[0]).name});
  return define_elementwise(op, e, e.writer().node("Sub", {power, number(op, e, 1)}));
}

MINNOW_EXPORT(Erfc) {
  const std::string erf = e.writer().node("Erf", {e.value(op.operands[0]).name});
  return define_elementwise(op, e, e.writer().node("Sub", {number(op, e, 1), erf}));
}

MINNOW_EXPORT(MultiplyAdd) {
  const std::vector<std::string> names = names_of(op, e);
  return define_elementwise(op, e, e.writer().node("Add", {e.writer().node("Mul", {names[0], names[1]}), names[2]}));
}

MINNOW_EXPORT(NotEqual) {
  return define_elementwise(op, e, e.writer().node("Not", {e.writer().node("Equal", names_of(op, e))}));
}

MINNOW_EXPORT(Convert) {
  return define_elementwise(op, e, e.writer().cast(e.value(op.operands[0]).name, op.type().dtype));
}

}  // namespace minnow

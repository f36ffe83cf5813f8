// y, dy and every float operand have one shape; the formulas are per element.
#include <numbers>

#include "passes/gradient/vjp.h"

namespace minnow {
namespace {

// 1 - x
Value* one_minus(Value* x, Builder& b) { return b.sub(b.like(x, 1), x); }

// dy where `pred` holds and zero elsewhere, and the opposite.
Cotangents split_by(Value* pred, Value* dy, Builder& b) {
  Value* zero = b.like(dy, 0);
  return {b.select(pred, dy, zero), b.select(pred, zero, dy)};
}

// dy height exp(-x^2)
Value* times_bell(Value* dy, double height, Value* x, Builder& b) {
  return b.mul(b.mul(dy, height), b.exp(b.neg(b.mul(x, x))));
}

}  // namespace

MINNOW_VJP(Negate) { return {{b.neg(dy)}}; }
MINNOW_VJP(Abs) { return {{b.mul(dy, b.unary(OpKind::kSign, op.operands[0]))}}; }
MINNOW_VJP(Sign) { return no_gradient(op); }
MINNOW_VJP(Exp) { return {{b.mul(dy, op.result())}}; }
MINNOW_VJP(Log) { return {{b.div(dy, op.operands[0])}}; }
MINNOW_VJP(Log1p) { return {{b.div(dy, b.add(op.operands[0], 1))}}; }
MINNOW_VJP(Expm1) { return {{b.mul(dy, b.exp(op.operands[0]))}}; }  // y + 1 would be 0 where e^x is small
MINNOW_VJP(Sqrt) { return {{b.div(b.mul(dy, 0.5), op.result())}}; }
MINNOW_VJP(Cos) { return {{b.neg(b.mul(dy, b.unary(OpKind::kSin, op.operands[0])))}}; }
MINNOW_VJP(Sin) { return {{b.mul(dy, b.unary(OpKind::kCos, op.operands[0]))}}; }
MINNOW_VJP(Floor) { return no_gradient(op); }
MINNOW_VJP(Round) { return no_gradient(op); }
MINNOW_VJP(Not) { return no_gradient(op); }

MINNOW_VJP(Tanh) {
  Value* y = op.result();
  return {{b.mul(dy, one_minus(b.mul(y, y), b))}};
}

MINNOW_VJP(Sigmoid) {
  Value* y = op.result();
  return {{b.mul(dy, b.mul(y, one_minus(y, b)))}};
}

// atan'(x) = 1/(1 + x^2)
MINNOW_VJP(Atan) {
  Value* x = op.operands[0];
  return {{b.div(dy, b.add(b.mul(x, x), 1))}};
}

MINNOW_VJP(Erf) { return {{times_bell(dy, 2 * std::numbers::inv_sqrtpi, op.operands[0], b)}}; }
MINNOW_VJP(Erfc) { return {{times_bell(dy, -2 * std::numbers::inv_sqrtpi, op.operands[0], b)}}; }

MINNOW_VJP(Convert) {
  DType from = op.operands[0]->type.dtype;
  if (!is_float(from) || !is_float(op.type().dtype)) return no_gradient(op);
  return {{b.convert(dy, from)}};
}

MINNOW_VJP(Add) { return {{dy, dy}}; }
MINNOW_VJP(Subtract) { return {{dy, b.neg(dy)}}; }
MINNOW_VJP(Multiply) { return {{b.mul(dy, op.operands[1]), b.mul(dy, op.operands[0])}}; }

// y = p/q: dp = dy/q, dq = -dy p/q^2 = -dp y
MINNOW_VJP(Divide) {
  Value* dp = b.div(dy, op.operands[1]);
  return {{dp, b.neg(b.mul(dp, op.result()))}};
}

// The result is greater than the second operand where the first one is. It is the one that is kept: an activation's
// argument need not be.
MINNOW_VJP(Maximum) { return split_by(b.compare(OpKind::kGreater, op.result(), op.operands[1]), dy, b); }
MINNOW_VJP(Minimum) { return split_by(b.compare(OpKind::kLess, op.result(), op.operands[1]), dy, b); }

// y = x^p: dx = dy p x^(p-1), dp = dy y log x, each with its 0 * inf taken out.
MINNOW_VJP(Power) {
  Value *x = op.operands[0], *p = op.operands[1];
  Value* zero = b.like(x, 0);
  Value* dx = b.mul(dy, b.mul(p, b.create(OpKind::kPower, {x, b.add(p, -1)})));
  Value* dp = b.mul(dy, b.mul(op.result(), b.log(x)));
  Value* flat = b.create(OpKind::kAnd, {b.compare(OpKind::kEqual, x, zero), b.compare(OpKind::kGreaterEqual, p, zero)});
  return {{b.select(b.compare(OpKind::kEqual, p, zero), zero, dx), b.select(flat, zero, dp)}};
}

MINNOW_VJP(Equal) { return no_gradient(op); }
MINNOW_VJP(NotEqual) { return no_gradient(op); }
MINNOW_VJP(Less) { return no_gradient(op); }
MINNOW_VJP(LessEqual) { return no_gradient(op); }
MINNOW_VJP(Greater) { return no_gradient(op); }
MINNOW_VJP(GreaterEqual) { return no_gradient(op); }
MINNOW_VJP(And) { return no_gradient(op); }
MINNOW_VJP(Or) { return no_gradient(op); }

MINNOW_VJP(MultiplyAdd) { return {{b.mul(dy, op.operands[1]), b.mul(dy, op.operands[0]), dy}}; }

MINNOW_VJP(Select) {
  Cotangents sides = split_by(op.operands[0], dy, b);
  return {{nullptr, sides[0], sides[1]}};
}

}  // namespace minnow

// dot and the three convolutions are linear in each operand, so the cotangent of one operand is a contraction
// of the same family between dy and the other.
#include "passes/gradient/vjp.h"

namespace minnow {
namespace {

Value* conv(Value* x, Value* w, ConvAttributes attributes, Builder& b) {
  attributes.shape.clear();
  return b.conv(x, w, std::move(attributes));
}

Value* conv_input(Value* y, Value* w, ConvAttributes attributes, const Value* x, Builder& b) {
  attributes.shape = x->type.shape;
  return b.create(OpKind::kConvInput, {y, w}, std::move(attributes));
}

Value* conv_filter(Value* x, Value* y, ConvAttributes attributes, const Value* w, Builder& b) {
  attributes.shape = w->type.shape;
  return b.create(OpKind::kConvFilter, {x, y}, std::move(attributes));
}

}  // namespace

// p with dimensions {k at i, m}, q with {k at j, n} → y [m,n], contracted over k.
// dp contracts dy with q over n, dq contracts dy with p over m; operand order puts k where it was.
MINNOW_VJP(Dot) {
  Value *p = op.operands[0], *q = op.operands[1];
  auto [i, j] = op.attr<DotAttributes>().contract;
  int64_t m = 1 - i, n = 1 - j;
  Value* dp = i == 1 ? b.dot(dy, q, {1, n}) : b.dot(q, dy, {n, 1});
  Value* dq = j == 0 ? b.dot(p, dy, {m, 0}) : b.dot(dy, p, {0, m});
  return {{dp, dq}};
}

// (x, w) → y
MINNOW_VJP(Conv) {
  Value *x = op.operands[0], *w = op.operands[1];
  const auto& attributes = op.attr<ConvAttributes>();
  return {{conv_input(dy, w, attributes, x, b), conv_filter(x, dy, attributes, w, b)}};
}

// (y, w) → x; the incoming cotangent is dx.
MINNOW_VJP(ConvInput) {
  Value *y = op.operands[0], *w = op.operands[1], *dx = dy;
  const auto& attributes = op.attr<ConvAttributes>();
  return {{conv(dx, w, attributes, b), conv_filter(dx, y, attributes, w, b)}};
}

// (x, y) → w; the incoming cotangent is dw.
MINNOW_VJP(ConvFilter) {
  Value *x = op.operands[0], *y = op.operands[1], *dw = dy;
  const auto& attributes = op.attr<ConvAttributes>();
  return {{conv_input(y, dw, attributes, x, b), conv(x, dw, attributes, b)}};
}

}  // namespace minnow

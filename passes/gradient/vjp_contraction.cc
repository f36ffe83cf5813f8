// dot and the three convolutions are linear in each operand, so the cotangent of one operand is a contraction
// of the same family between dy and the other.
#include "ir/dot.h"
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

// As products of matrices: p with dimensions {k, m}, q with {k, n} → y [m,n], contracted over k. dp contracts dy with q
// over n, dq contracts dy with p over m; operand order puts k where it was.
MINNOW_VJP(Dot) {
  const auto& [contract, batch] = op.attr<DotAttributes>();
  const int64_t first = batch, last = batch + 1;
  const auto [p, i] = as_matrices(op.operands[0], contract[0], batch, b);
  const auto [q, j] = as_matrices(op.operands[1], contract[1], batch, b);
  const int64_t m = first + last - i, n = first + last - j;
  dy = in_shape(dy, shape_of_matrices(op), b);
  Value* dp = i == last ? b.dot(dy, q, {last, n}, batch) : b.dot(q, dy, {n, last}, batch);
  Value* dq = j == first ? b.dot(p, dy, {m, first}, batch) : b.dot(dy, p, {first, m}, batch);
  return {{from_matrices(dp, op.operands[0]->type.shape, contract[0], batch, b),
           from_matrices(dq, op.operands[1]->type.shape, contract[1], batch, b)}};
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

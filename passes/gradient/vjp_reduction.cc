// Reductions, and the ops that have no float operand to pass a gradient to.
#include <algorithm>

#include "passes/gradient/vjp.h"

namespace minnow {
namespace {

// Repeats the reduced value along the dimensions that op reduced: y → the shape of x.
Value* expand(Value* y, const Op& op, Builder& b) {
  const TensorType& x = op.operands[0]->type;
  const std::vector<int64_t>& reduced = op.attr<DimsAttributes>().dims;
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < x.rank(); ++i)
    if (std::ranges::find(reduced, i) == reduced.end()) kept.push_back(i);
  return b.broadcast(y, std::move(kept), x.shape);
}

}  // namespace

MINNOW_VJP(ReduceSum) { return {{expand(dy, op, b)}}; }

// dx = dy / (how many elements are largest) where x is largest, 0 elsewhere.
MINNOW_VJP(ReduceMax) {
  Value* x = op.operands[0];
  Value* zero = b.like(x, 0);
  Value* largest = b.compare(OpKind::kEqual, x, expand(op.result(), op, b));
  Value* count = b.reduce_sum(b.select(largest, b.like(x, 1), zero), op.attr<DimsAttributes>().dims);
  return {{b.select(largest, expand(b.div(dy, count), op, b), zero)}};
}

// An element is part of its own sum and of all behind it.
MINNOW_VJP(CumSum) {
  const int64_t dim = op.attr<DimAttributes>().dim;
  return {{b.reverse(b.cumsum(b.reverse(dy, {dim}), dim), {dim})}};
}

MINNOW_VJP(ArgMax) { return no_gradient(op); }
MINNOW_VJP(ArgSort) { return no_gradient(op); }

MINNOW_VJP(Constant) { return no_gradient(op); }
MINNOW_VJP(Iota) { return no_gradient(op); }
MINNOW_VJP(Random) { return no_gradient(op); }

// Autodiff runs before fusion.
MINNOW_VJP(Fused) { return std::nullopt; }

}  // namespace minnow

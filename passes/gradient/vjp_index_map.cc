// Ops that move elements are linear maps of zeros and ones: their VJP is the transposed map, a move back that
// sums wherever one element was read more than once.
#include <algorithm>

#include "passes/gradient/vjp.h"

namespace minnow {
namespace {

std::vector<int64_t> inverse_permutation(const std::vector<int64_t>& permutation) {
  std::vector<int64_t> inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i)
    inverse[static_cast<size_t>(permutation[i])] = static_cast<int64_t>(i);
  return inverse;
}

}  // namespace

// Sums over the result dimensions that no operand dimension maps to; dims are increasing, so the rest is in
// order.
MINNOW_VJP(Broadcast) {
  const std::vector<int64_t>& dims = op.attr<DimsAttributes>().dims;
  std::vector<int64_t> repeated;
  for (int64_t i = 0; i < op.type().rank(); ++i)
    if (std::ranges::find(dims, i) == dims.end()) repeated.push_back(i);
  return {{repeated.empty() ? dy : b.reduce_sum(dy, std::move(repeated))}};
}

MINNOW_VJP(Reshape) { return {{b.reshape(dy, op.operands[0]->type.shape)}}; }
MINNOW_VJP(Transpose) { return {{b.transpose(dy, inverse_permutation(op.attr<DimsAttributes>().dims))}}; }

MINNOW_VJP(Reverse) { return {{b.reverse(dy, op.attr<DimsAttributes>().dims)}}; }

// Puts every element back in its place among zeros.
MINNOW_VJP(Slice) {
  const auto& [start, limit, stride] = op.attr<SliceAttributes>();
  const TensorType& x = op.operands[0]->type;
  if (op.type().elements() == 0) return no_gradient(op);
  PadAttributes pad;
  for (int64_t i = 0; i < x.rank(); ++i) {
    auto d = static_cast<size_t>(i);
    int64_t last = start[d] + (op.type().dim(i) - 1) * stride[d];
    pad.low.push_back(start[d]);
    pad.high.push_back(x.dim(i) - 1 - last);
    pad.interior.push_back(stride[d] - 1);
  }
  return {{b.create(OpKind::kPad, {dy}, std::move(pad))}};
}

// Reads back the elements that are not padding.
MINNOW_VJP(Pad) {
  const auto& pad = op.attr<PadAttributes>();
  const TensorType& x = op.operands[0]->type;
  if (x.elements() == 0) return no_gradient(op);
  SliceAttributes inside;
  for (int64_t i = 0; i < x.rank(); ++i) {
    auto d = static_cast<size_t>(i);
    int64_t stride = pad.interior[d] + 1;
    inside.start.push_back(pad.low[d]);
    inside.limit.push_back(pad.low[d] + (x.dim(i) - 1) * stride + 1);
    inside.stride.push_back(stride);
  }
  return {{b.slice(dy, std::move(inside))}};
}

MINNOW_VJP(Concat) {
  const int64_t dim = op.attr<DimAttributes>().dim;
  Cotangents parts;
  int64_t start = 0;
  for (const Value* part : op.operands) {
    const int64_t limit = start + part->type.dim(dim);
    parts.push_back(b.slice(dy, dim, start, limit));
    start = limit;
  }
  return parts;
}

// table [A...,V,B...], indices [N...] → y [A...,N...,B...]: what is read twice adds up.
MINNOW_VJP(Gather) {
  const int64_t dim = op.attr<DimAttributes>().dim;
  const ScatterAttributes back{.dim = dim, .size = op.operands[0]->type.dim(dim)};
  return {{b.create(OpKind::kScatterAdd, {dy, op.operands[1]}, back), nullptr}};
}

MINNOW_VJP(ScatterAdd) { return {{b.gather(dy, op.operands[1], op.attr<ScatterAttributes>().dim), nullptr}}; }

}  // namespace minnow

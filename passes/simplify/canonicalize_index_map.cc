// Ops that move elements, and reductions over nothing.
#include <algorithm>
#include <bit>
#include <numeric>

#include "passes/simplify/canonicalize_rules.h"

namespace minnow {
namespace {

const std::vector<int64_t>& dims_of(const Op& op) { return op.attr<DimsAttributes>().dims; }

// outer[inner[i]]
std::vector<int64_t> compose(const std::vector<int64_t>& outer, const std::vector<int64_t>& inner) {
  std::vector<int64_t> dims;
  for (int64_t i : inner) dims.push_back(outer[static_cast<size_t>(i)]);
  return dims;
}

// Moving the elements of a tensor that are all the same makes another such tensor.
Value* moved_splat(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (splat_of(x)) return b.constant(op.type(), x->op->attr<ConstantAttributes>().values[0]);
  Value* scalar = match_unary(x, OpKind::kBroadcast);
  if (!scalar || scalar->type.rank() != 0) return nullptr;
  return op.type().rank() == 0 ? scalar : b.broadcast_scalar(scalar, op.type().shape);
}

bool all_zero(const std::vector<int64_t>& amounts) {
  return std::ranges::all_of(amounts, [](int64_t amount) { return amount == 0; });
}

// Whether only zeros are added, and only in front and behind along `dim`.
bool has_zeros_around(const Op& pad, size_t dim) {
  const auto& [low, high, interior, value] = pad.attr<PadAttributes>();
  for (size_t i = 0; i < low.size(); ++i)
    if (low[i] < 0 || high[i] < 0 || (i != dim && (low[i] != 0 || high[i] != 0))) return false;
  return value == 0 && all_zero(interior);
}

// The terms of a sum if all have zeros around them along `dim`, otherwise none. More of them than places overlap.
std::vector<const Op*> padded_terms(const Op& add, size_t dim) {
  std::vector<const Op*> pads, open = {&add};
  while (!open.empty()) {
    const Op* op = open.back();
    open.pop_back();
    for (const Value* operand : op->operands) {
      const Op *sum = match(operand, OpKind::kAdd), *pad = match(operand, OpKind::kPad);
      const bool is_term = pad != nullptr && has_zeros_around(*pad, dim);
      if ((!sum && !is_term) || std::ssize(pads) == add.type().shape[dim]) return {};
      (sum ? open : pads).push_back(sum ? sum : pad);
    }
  }
  return pads;
}

// Only dimensions of size 1 change places, so the elements stay in order.
bool keeps_order(const std::vector<int64_t>& permutation, const TensorType& x) {
  std::vector<int64_t> moved;
  std::ranges::copy_if(permutation, std::back_inserter(moved), [&](int64_t dim) { return x.dim(dim) != 1; });
  return std::ranges::is_sorted(moved);
}

}  // namespace

Value* canonicalize_broadcast(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (x->type == op.type()) return x;
  if (splat_of(x)) return moved_splat(op, b);
  if (const Op* inner = match(x, OpKind::kBroadcast))
    return b.broadcast(inner->operands[0], compose(dims_of(op), dims_of(*inner)), op.type().shape);
  if (x->type.elements() == op.type().elements()) return b.reshape(x, op.type().shape);  // adds only 1s
  return nullptr;
}

Value* canonicalize_reshape(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (x->type == op.type()) return x;
  if (Value* inner = match_unary(x, OpKind::kReshape)) return b.reshape(inner, op.type().shape);
  return moved_splat(op, b);
}

Value* canonicalize_transpose(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (std::ranges::is_sorted(dims_of(op))) return x;
  if (keeps_order(dims_of(op), x->type)) return b.reshape(x, op.type().shape);
  if (const Op* inner = match(x, OpKind::kTranspose))
    return b.transpose(inner->operands[0], compose(dims_of(*inner), dims_of(op)));
  return moved_splat(op, b);
}

// Of dimensions with several elements, those that are not turned back.
Value* canonicalize_reverse(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (Value* splat = moved_splat(op, b)) return splat;
  std::vector<int64_t> dims;
  std::ranges::copy_if(dims_of(op), std::back_inserter(dims), [&](int64_t dim) { return x->type.dim(dim) > 1; });
  if (const Op* inner = match(x, OpKind::kReverse)) {
    for (const int64_t dim : dims_of(*inner))
      if (std::erase(dims, dim) == 0) dims.push_back(dim);
    x = inner->operands[0];
  }
  if (dims.empty()) return x;
  std::ranges::sort(dims);
  return x == op.operands[0] && dims == dims_of(op) ? nullptr : b.reverse(x, std::move(dims));
}

Value* canonicalize_slice(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (x->type == op.type()) return x;  // all of x
  if (Value* splat = moved_splat(op, b)) return splat;
  const Op* inner = match(x, OpKind::kSlice);
  if (!inner || op.type().elements() == 0) return nullptr;
  const auto &far = inner->attr<SliceAttributes>(), &near = op.attr<SliceAttributes>();
  SliceAttributes both;
  for (size_t i = 0; i < near.start.size(); ++i) {
    // Of a stride that is never taken nothing can be said: it may be as large as an int64.
    both.start.push_back(far.start[i] + near.start[i] * far.stride[i]);
    both.stride.push_back((op.type().shape[i] > 1 ? far.stride[i] * near.stride[i] : 1));
    both.limit.push_back(both.start[i] + (op.type().shape[i] - 1) * both.stride[i] + 1);
  }
  return b.create(OpKind::kSlice, {inner->operands[0]}, std::move(both));
}

Value* canonicalize_pad(const Op& op, Builder& b) {
  const auto& near = op.attr<PadAttributes>();
  Value* x = op.operands[0];
  if (all_zero(near.low) && all_zero(near.high) && all_zero(near.interior)) return x;
  const Op* inner = match(x, OpKind::kPad);
  if (!inner) return nullptr;
  PadAttributes both = inner->attr<PadAttributes>();
  bool same_value = same_bits(both.value, near.value);
  if (!same_value || !all_zero(near.interior)) return nullptr;
  for (size_t i = 0; i < near.low.size(); ++i) {
    both.low[i] += near.low[i];
    both.high[i] += near.high[i];
  }
  return b.create(OpKind::kPad, {inner->operands[0]}, std::move(both));
}

Value* canonicalize_concat(const Op& op, Builder& b) {
  if (op.operands.size() == 1) return op.operands[0];
  const auto& along = op.attr<DimAttributes>();
  std::vector<Value*> parts;
  for (Value* part : op.operands) {
    const Op* inner = match(part, OpKind::kConcat);
    if (inner && inner->attr<DimAttributes>() == along)
      parts.insert(parts.end(), inner->operands.begin(), inner->operands.end());
    else parts.push_back(part);
  }
  return parts == op.operands ? nullptr : b.concat(std::move(parts), along.dim);
}

// The gradients of what a tensor was split into are its gradient, one behind the other: a concatenation, whose parts
// may be computed where it has them, instead of a sum of all, each with zeros in place of the others. That is so for
// the first dimension of several places; along others a loop over elements takes the pads in, and no concatenation.
Value* canonicalize_sum_of_pads(const Op& add, Builder& b) {
  if (!is_float_gradient(add)) return nullptr;  // 0 + -0 is 0
  const Shape& shape = add.type().shape;
  const auto first = std::ranges::find_if(shape, [](int64_t places) { return places != 1; });
  if (first == shape.end()) return nullptr;
  const auto dim = static_cast<size_t>(first - shape.begin());
  const auto begin = [&](const Op* pad) { return pad->attr<PadAttributes>().low[dim]; };
  std::vector<const Op*> pads = padded_terms(add, dim);
  if (pads.empty()) return nullptr;
  std::ranges::sort(pads, {}, begin);
  PadAttributes around = pads[0]->attr<PadAttributes>();
  std::vector<Value*> parts;
  int64_t end = begin(pads[0]);
  for (const Op* pad : pads) {
    if (begin(pad) != end) return nullptr;
    parts.push_back(pad->operands[0]);
    end += parts.back()->type.shape[dim];
  }
  around.high[dim] = shape[dim] - end;
  return b.create(OpKind::kPad, {b.concat(std::move(parts), static_cast<int64_t>(dim))}, std::move(around));
}

Value* canonicalize_reduce(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  bool single = std::ranges::all_of(dims_of(op), [&](int64_t dim) { return x->type.dim(dim) == 1; });
  if (!single) return nullptr;
  Value* only = x->type == op.type() ? x : b.reshape(x, op.type().shape);
  // A sum starts at 0, and 0 + -0 is 0.
  const bool may_be_negative_zero = is_float(x->type.dtype) && !never_negative_zero(x);
  return op.kind == OpKind::kReduceSum && may_be_negative_zero ? b.add(only, 0.0) : only;
}

}  // namespace minnow

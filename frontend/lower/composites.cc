#include "frontend/lower/composites.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "frontend/load/defaults.h"

namespace minnow {

Value* broadcast_along(Builder& builder, Value* y, int64_t dim, const Shape& shape) {
  return builder.broadcast(y, {dim}, shape);
}

Value* broadcast_rows(Builder& builder, Value* y, const Shape& shape) {
  std::vector<int64_t> dims(shape.size() - 1);
  std::iota(dims.begin(), dims.end(), 0);
  return builder.broadcast(y, dims, shape);
}

Value* repeat_to(Builder& b, Value* x, const Shape& shape) {
  if (x->type.shape == shape) return x;
  Shape kept;
  std::vector<int64_t> dims;
  for (int64_t dim = 0; dim < x->type.rank(); ++dim) {
    if (x->type.dim(dim) != shape[static_cast<size_t>(dim)]) continue;
    kept.push_back(x->type.dim(dim));
    dims.push_back(dim);
  }
  if (kept != x->type.shape) x = b.reshape(x, kept);
  return b.broadcast(x, dims, shape);
}

// max(x, 0) + log(1 + exp(-|x|)), by one choice for both terms: at 0 the slopes of max and abs would not add up to 1/2.
Value* softplus(Builder& b, Value* x) {
  Value* zero = b.like(x, 0);
  Value* is_positive = b.compare(OpKind::kGreater, x, zero);
  Value* decayed = b.exp(b.select(is_positive, b.neg(x), x));
  return b.add(b.select(is_positive, x, zero), b.unary(OpKind::kLog1p, decayed));
}

namespace {

// x (1 + erf(x / sqrt 2)) / 2, in the form that is one multiply-add.
Value* gelu(Builder& b, Value* x) {
  Value* half = b.mul(x, 0.5);
  return b.add(b.mul(half, b.unary(OpKind::kErf, b.mul(x, 1 / std::numbers::sqrt2))), half);
}

// The exponential of the branch not taken must not overflow, or its gradient is 0 * inf. It is chosen as the branch is:
// at 0 the slope of min would be 0.
Value* elu(Builder& b, Value* x, double slope) {
  Value* zero = b.like(x, 0);
  Value* is_positive = b.compare(OpKind::kGreater, x, zero);
  Value* negative = b.mul(b.unary(OpKind::kExpm1, b.select(is_positive, zero, x)), slope);
  return b.select(is_positive, x, negative);
}

Value* clamp(Builder& b, Value* x, double low, double high) { return b.min(b.max(x, b.like(x, low)), b.like(x, high)); }

Value* hard_sigmoid(Builder& b, Value* x) { return b.mul(clamp(b, b.add(x, 3), 0, 6), 1.0 / 6); }

// x (1 + tanh u) / 2 = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3). The sigmoid keeps its digits where tanh is
// near -1. Beyond 12 it is 0 or 1, and x^3 might overflow.
Value* gelu_tanh(Builder& b, Value* x) {
  Value* inner = clamp(b, x, -12, 12);
  Value* cubic = b.add(b.mul(b.mul(inner, inner), 0.044715), 1);
  Value* exponent = b.mul(b.mul(inner, cubic), 2 * std::sqrt(2 / std::numbers::pi));
  return b.mul(x, b.unary(OpKind::kSigmoid, exponent));
}

}  // namespace

Value* activate(Builder& b, Value* x, spec::Activation::Function function, double slope) {
  using spec::Activation;
  switch (function) {
    case Activation::RELU: return b.max(x, b.like(x, 0));
    case Activation::LEAKY_RELU: return b.select(b.compare(OpKind::kGreater, x, b.like(x, 0)), x, b.mul(x, slope));
    case Activation::SIGMOID: return b.unary(OpKind::kSigmoid, x);
    case Activation::TANH: return b.unary(OpKind::kTanh, x);
    case Activation::GELU: return gelu(b, x);
    case Activation::SILU: return b.mul(x, b.unary(OpKind::kSigmoid, x));
    case Activation::SOFTPLUS: return softplus(b, x);
    case Activation::ELU: return elu(b, x, slope);
    case Activation::RELU6: return clamp(b, x, 0, 6);
    case Activation::HARD_SIGMOID: return hard_sigmoid(b, x);
    case Activation::HARD_SWISH: return b.mul(x, hard_sigmoid(b, x));
    case Activation::MISH: return b.mul(x, b.unary(OpKind::kTanh, softplus(b, x)));
    case Activation::GELU_TANH: return gelu_tanh(b, x);
    default: return x;
  }
}

Value* activate(Builder& builder, Value* x, spec::Activation::Function function) {
  spec::Activation activation;
  activation.set_function(function);
  fill_stated_defaults(&activation);
  return activate(builder, x, function, activation.slope());
}

Value* softmax(Builder& b, Value* x, spec::Softmax::Form form) {
  const Shape& shape = x->type.shape;
  const int64_t last = x->type.rank() - 1;
  if (form == spec::Softmax::MAX_SHIFTED) x = b.sub(x, broadcast_rows(b, b.reduce_max(x, {last}), shape));
  Value* exponentials = b.exp(x);
  return b.div(exponentials, broadcast_rows(b, b.reduce_sum(exponentials, {last}), shape));
}

Value* log_softmax(Builder& b, Value* x) {
  const Shape& shape = x->type.shape;
  const int64_t last = x->type.rank() - 1;
  Value* shifted = b.sub(x, broadcast_rows(b, b.reduce_max(x, {last}), shape));
  Value* log_sum = b.log(b.reduce_sum(b.exp(shifted), {last}));
  return b.sub(shifted, broadcast_rows(b, log_sum, shape));
}

}  // namespace minnow

// Attention and RotaryEmbedding: https://onnx.ai/onnx/operators/onnx__Attention.html.
#include <cmath>

#include "frontend/onnx/ops/elements.h"
#include "frontend/onnx/ops/indices.h"

namespace minnow::onnx_ops {
namespace {

// [B,T,H D] → [B,H,T,D]; what has four dimensions has its heads already.
Value* with_heads(NodeScope& n, size_t input, std::string_view attribute) {
  GraphBuilder& b = n.b;
  Value* x = n.floats(input);
  const int64_t heads = n.whole(attribute);
  if (n.rank(input) == 4) return x;
  require(n.rank(input) == 3 && heads > 0 && n.dim(input, 2) % heads == 0, "{} heads do not fit {}", heads,
          shape_to_string(n.shape(input)));
  const Shape& s = n.shape(input);
  return b.transpose(b.reshape(x, {s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
}

// Each head of keys or values as often as queries share it.
Value* repeated_heads(GraphBuilder& b, Value* x, int64_t heads) {
  const Shape& s = x->type.shape;
  if (s[1] == heads) return x;
  require(s[1] > 0 && heads % s[1] == 0, "{} heads of queries do not fit {} of keys", heads, s[1]);
  Value* wide = b.broadcast(x, {0, 1, 3, 4}, {s[0], s[1], heads / s[1], s[2], s[3]});
  return b.reshape(wide, {s[0], heads, s[2], s[3]});
}

// A mask as what is added to scores [B,H,T,S]; where it is shorter than the keys, nothing beyond it is seen.
Value* mask_to_add(NodeScope& n, const Shape& scores) {
  GraphBuilder& b = n.b;
  Value* mask = n.value(3);
  require(mask->type.rank() > 0, "its mask is a single number");
  if (n.type(3) == onnx::TensorProto::BOOL) {
    const TensorType type{DType::kF32, mask->type.shape};
    mask = b.select(mask, b.constant(type, 0), b.constant(type, -INFINITY));
  }
  mask = b.convert(mask, DType::kF32);
  const int64_t missing = scores[3] - mask->type.shape.back();
  if (missing > 0 && mask->type.shape.back() != 1) {
    Dims low(mask->type.shape.size(), 0), high = low;
    high.back() = missing;
    mask = b.pad(mask, low, high, -INFINITY);
  }
  return b.broadcast_to(mask, scores);
}

// A row in which nothing is seen has no probabilities; it gives 0.
Value* safe_softmax(GraphBuilder& b, Value* x) {
  const int64_t last = x->type.rank() - 1;
  Value* largest = b.maximum(x, {last}, true);
  Value* is_finite = b.binary(OpKind::kGreater, largest, -INFINITY);
  Value* e = b.exp(b.sub(x, b.select(is_finite, largest, 0.0)));
  Value* sum = b.sum(e, {last}, true);
  return b.div(e, b.select(is_finite, sum, 1.0));
}

}  // namespace

void attention(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* q = with_heads(n, 0, "q_num_heads");
  Value* k = with_heads(n, 1, "kv_num_heads");
  Value* v = with_heads(n, 2, "kv_num_heads");
  require(n.has(4) == n.has(5), "it has a past of keys or values alone");
  if (n.has(4)) k = b.concat({n.floats(4), k}, 2), v = b.concat({n.floats(5), v}, 2);
  n.give(1, k, n.type(1));
  n.give(2, v, n.type(2));
  const int64_t heads = q->type.dim(1), steps = q->type.dim(2);
  k = repeated_heads(b, k, heads);
  v = repeated_heads(b, v, heads);
  const double scale = n.real("scale", 1 / std::sqrt(static_cast<double>(q->type.dim(3))));
  // Both by its root, as the operator is defined: scores are then no larger than they must be.
  Value* scores = b.dot(b.mul(q, std::sqrt(scale)), b.mul(k, std::sqrt(scale)), {3, 3}, 2);
  const Shape shape = scores->type.shape;
  const double cap = n.real("softcap");
  Value* raw = scores;
  Value* bias = n.has(3) ? mask_to_add(n, shape) : nullptr;
  if (n.has(6)) {  // how many keys of each sequence there are
    Value* is_key = b.binary(OpKind::kLess, b.iota({DType::kI32, shape}, 3), b.along(n.value(6), 0, shape));
    Value* unseen = b.select(is_key, b.constant({DType::kF32, shape}, 0), -INFINITY);
    bias = bias == nullptr ? unseen : b.add(bias, unseen);
  }
  if (n.whole("is_causal") != 0) {
    const TensorType places{DType::kI32, shape};
    Value* row = b.iota(places, 2);
    if (n.has(4)) row = b.add(row, static_cast<double>(n.dim(4, 2)));
    else if (n.has(6)) row = b.add(row, b.sub(b.along(n.value(6), 0, shape), static_cast<double>(steps)));
    Value* is_past = b.binary(OpKind::kLessEqual, b.iota(places, 3), row);
    Value* unseen = b.select(is_past, b.constant({DType::kF32, shape}, 0), -INFINITY);
    bias = bias == nullptr ? unseen : b.add(bias, unseen);
  }
  Value* capped = cap > 0 ? b.mul(b.tanh(b.mul(scores, 1 / cap)), cap) : scores;
  Value* masked = bias == nullptr ? capped : b.add(capped, bias);
  Value* probabilities = safe_softmax(b, masked);
  const int64_t mode = n.whole("qk_matmul_output_mode");
  require(mode >= 0 && mode <= 3, "qk_matmul_output_mode is {}", mode);
  n.give(3, mode == 0 ? raw : mode == 1 ? capped : mode == 2 ? masked : probabilities, n.type());
  Value* y = b.dot(probabilities, v, {3, 2}, 2);  // [B,H,T,D]
  const Shape& s = y->type.shape;
  n.give(n.rank() == 4 ? y : b.reshape(b.transpose(y, {0, 2, 1, 3}), {s[0], s[2], s[1] * s[3]}));
}

// Pairs of elements turned by angles of their position.
void rotary_embedding(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = with_heads(n, 0, "num_heads");  // [B,H,T,D]
  const Shape shape = x->type.shape;
  require(shape.size() == 4, "its input is {}", shape_to_string(n.shape()));
  const int64_t given = n.whole("rotary_embedding_dim"), size = shape[3], turned = given == 0 ? size : given;
  require(turned > 0 && turned <= size && turned % 2 == 0, "{} of {} elements are turned", turned, size);
  const int64_t half = turned / 2;
  const bool is_interleaved = n.whole("interleaved") != 0;
  // cos and sin [B,T,D/2], by position.
  const auto table = [&](size_t input) {
    Value* all = n.floats(input);
    if (n.has(3)) all = b.gather(all, indices_of(n, 3, n.dim(input, 0)), 0);
    require(all->type.rank() == 3, "its tables are {}", shape_to_string(n.shape(input)));
    all = b.slice(all, 2, 0, std::min(half, all->type.dim(2)));
    return b.broadcast_to(b.reshape(all, {all->type.dim(0), 1, all->type.dim(1), all->type.dim(2)}),
                          {shape[0], shape[1], shape[2], half});
  };
  Value* cosine = table(1);
  Value* sine = table(2);
  Value* first = is_interleaved ? b.slice(x, 3, 0, turned, 2) : b.slice(x, 3, 0, half);
  Value* second = is_interleaved ? b.slice(x, 3, 1, turned, 2) : b.slice(x, 3, half, turned);
  Value* real = b.sub(b.mul(cosine, first), b.mul(sine, second));
  Value* imaginary = b.add(b.mul(sine, first), b.mul(cosine, second));
  Value* y = nullptr;
  if (is_interleaved) {
    const Shape pair = {shape[0], shape[1], shape[2], half, 1};
    y = b.reshape(b.concat({b.reshape(real, pair), b.reshape(imaginary, pair)}, 4),
                  {shape[0], shape[1], shape[2], turned});
  } else {
    y = b.concat({real, imaginary}, 3);
  }
  if (turned < size) y = b.concat({y, b.slice(x, 3, turned, size)}, 3);
  n.give(n.rank() == 4 ? y : b.reshape(b.transpose(y, {0, 2, 1, 3}), n.shape()));
}

}  // namespace minnow::onnx_ops

// dot, the convolutions and the windowed reductions.
#include <algorithm>

#include "ir/infer.h"
#include "proof/op_drawing.h"

namespace minnow::proof {
namespace {

// A window that fits `extent` with its padding: mostly small, sometimes as large as it can be.
int64_t draw_window_extent(Rng& rng, int64_t extent, int64_t pad, int64_t dilation) {
  const int64_t most = (extent + pad - 1) / dilation + 1;
  return draw(rng, 0, 7) == 0 ? most : draw(rng, 1, std::min<int64_t>(most, 4));
}

// Dimensions of space: images mostly, sequences and volumes.
size_t draw_space(Rng& rng) { return pick<size_t>(rng, {1, 2, 2, 2, 3}); }

std::vector<int64_t> draw_list(Rng& rng, size_t size, int64_t low, int64_t high) {
  std::vector<int64_t> list;
  while (list.size() < size) list.push_back(draw(rng, low, high));
  return list;
}

int64_t draw_groups(Rng& rng, int64_t channels) {
  const std::vector<int64_t> candidates = {1, 1, 2, 3, channels};
  const int64_t groups = pick(rng, candidates);
  return channels % groups == 0 ? groups : 1;
}

TensorType inferred(OpKind kind, const std::vector<TensorType>& operands, const Attributes& attributes) {
  auto type = infer_type(kind, operands, attributes, {});
  MINNOW_CHECK(type, "{}", type.error().to_string());
  return *std::move(type);
}

}  // namespace

// a [B...,M...] and b [B...,N...], both with K somewhere behind the batch; mostly matrices.
Value* draw_dot(OpDrawing& d) {
  const int64_t a_rank = d.coin() ? 2 : draw(d.rng, 1, 4);
  const TensorType a{d.float_dtype(), d.source.shape(static_cast<size_t>(a_rank))};
  const int64_t batch = a_rank == 2 ? 0 : draw(d.rng, 0, a_rank - 1);
  const std::array<int64_t, 2> contract = {draw(d.rng, batch, a_rank - 1), 0};
  const int64_t depth = a.dim(contract[0]);
  const int64_t free_dims = a_rank == 2 || d.coin() ? 1 : draw(d.rng, 0, 2);
  Shape b(a.shape.begin(), a.shape.begin() + batch);
  const int64_t rows = a.elements() / depth / element_count(b);
  int64_t room =
      std::min(2 * kCaseElements / (element_count(b) * depth), 16 * kCaseElements / (element_count(b) * rows));
  for (int64_t i = 0; i < free_dims; ++i) {
    b.push_back(d.extent(room));
    room /= b.back();
  }
  const int64_t place = draw(d.rng, batch, std::ssize(b));
  b.insert(b.begin() + place, depth);
  Value* left = d.source.operand(a, {.required = true});
  return d.builder.dot(left, d.source.operand({a.dtype, b}, {.required = true}), {contract[0], place}, batch);
}

// x [N,C,S...], w [O,C/groups,K...] → y [N,O,OS...]; `kind` says which two are the operands.
Value* draw_conv(OpDrawing& d) {
  const size_t dims = draw_space(d.rng);
  const TensorType x{d.float_dtype(), d.source.shape(2 + dims)};
  ConvAttributes conv;
  conv.groups = draw_groups(d.rng, x.dim(1));
  conv.stride = draw_list(d.rng, dims, 1, 2);
  conv.dilation = draw_list(d.rng, dims, 1, 2);
  conv.pad = draw_list(d.rng, 2 * dims, 0, 2);
  TensorType w{x.dtype, {conv.groups, x.dim(1) / conv.groups}};
  for (size_t i = 0; i < dims; ++i)
    w.shape.push_back(
        draw_window_extent(d.rng, x.shape[2 + i], conv.pad[2 * i] + conv.pad[2 * i + 1], conv.dilation[i]));
  const int64_t one_output_each = inferred(OpKind::kConv, {x, w}, conv).elements();
  w.shape[0] *= d.extent(std::min<int64_t>(4 * kCaseElements / one_output_each, 18));
  const TensorType y = inferred(OpKind::kConv, {x, w}, conv);
  auto make = [&](const TensorType& left, const TensorType& right, const Shape& shape) {
    conv.shape = shape;
    Value* first = d.source.operand(left, {.required = true});
    return d.builder.create(d.kind, {first, d.source.operand(right, {.required = true})}, conv);
  };
  if (d.kind == OpKind::kConv) return make(x, w, {});
  return d.kind == OpKind::kConvInput ? make(y, w, x.shape) : make(x, y, w.shape);
}

// x [N,C,S...] → y [N,C,OS...]
Value* draw_window(OpDrawing& d) {
  const size_t dims = draw_space(d.rng);
  const TensorType x{d.float_dtype(), d.source.shape(2 + dims)};
  WindowAttributes window;
  window.stride = draw_list(d.rng, dims, 1, 3);
  for (size_t i = 0; i < dims; ++i) {
    window.window.push_back(draw_window_extent(d.rng, x.shape[2 + i], 0, 1));
    for (size_t side = 0; side < 2; ++side)
      window.pad.push_back(draw(d.rng, 0, std::min<int64_t>(2, window.window[i] - 1)));
  }
  const TensorType y = inferred(OpKind::kWindowSum, {x}, window);
  if (d.kind == OpKind::kWindowSpread) {
    window.shape = x.shape;
    return d.builder.create(d.kind, {d.source.operand(y, {})}, window);
  }
  if (d.kind != OpKind::kWindowPick) return d.builder.create(d.kind, {d.source.operand(x, {})}, window);
  Value* picked_from = d.source.operand(x, {.exact = true});
  return d.builder.create(d.kind, {picked_from, d.source.operand(y, {})}, window);
}

}  // namespace minnow::proof

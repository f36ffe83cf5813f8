#include "tests/passes/gradient_cases.h"

#include <algorithm>
#include <numeric>

namespace minnow::testing {
namespace {

using Values = std::vector<Value*>;

int64_t draw(Rng& rng, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(rng);
}

Shape draw_shape(Rng& rng, size_t rank) {
  Shape shape(rank);
  for (int64_t& dim : shape) dim = draw(rng, 1, 5);
  return shape;
}

TensorType f32(Shape shape) { return {DType::kF32, std::move(shape)}; }

std::vector<int64_t> draw_dims(Rng& rng, size_t rank) {
  std::vector<int64_t> dims;
  for (size_t i = 0; i < rank; ++i)
    if (draw(rng, 0, 1)) dims.push_back(static_cast<int64_t>(i));
  return dims;
}

GradientCase elementwise_case(OpKind kind, Rng& rng) {
  Shape shape = draw_shape(rng, static_cast<size_t>(draw(rng, 0, 3)));
  GradientCase c{kind, std::vector<TensorType>(static_cast<size_t>(op_info(kind).operands), f32(shape)),
                 [kind](Builder& b, const Values& x) { return b.create(kind, x); }};
  if (kind == OpKind::kLog || kind == OpKind::kSqrt || kind == OpKind::kPower) c.low = 0.2;
  if (kind == OpKind::kDivide) c.low = 0.3;
  if (kind == OpKind::kLog1p) c.low = -0.7;
  if (kind == OpKind::kConvert)
    c.build = [](Builder& b, const Values& x) {
      return b.convert(b.convert(x[0], DType::kF64), DType::kF32);
    };
  if (kind == OpKind::kSelect)
    c.build = [](Builder& b, const Values& x) {
      return b.select(b.compare(OpKind::kLess, x[0], b.like(x[0], 0.1)), b.mul(x[1], x[0]), x[2]);
    };
  return c;
}

GradientCase broadcast_case(Rng& rng) {
  Shape to = draw_shape(rng, 3);
  std::vector<int64_t> dims = draw_dims(rng, 3);
  Shape from;
  for (int64_t dim : dims) from.push_back(to[static_cast<size_t>(dim)]);
  return {OpKind::kBroadcast, {f32(from)}, [=](Builder& b, const Values& x) {
            return b.broadcast(x[0], dims, to);
          }};
}

GradientCase reshape_case(Rng& rng) {
  Shape shape = draw_shape(rng, 3);
  Shape flat = {shape[0] * shape[1], 1, shape[2]};
  return {OpKind::kReshape, {f32(shape)}, [=](Builder& b, const Values& x) { return b.reshape(x[0], flat); }};
}

GradientCase transpose_case(Rng& rng) {
  std::vector<int64_t> order = {0, 1, 2, 3};
  std::ranges::shuffle(order, rng);
  return {OpKind::kTranspose, {f32(draw_shape(rng, 4))}, [=](Builder& b, const Values& x) {
            return b.transpose(x[0], order);
          }};
}

GradientCase slice_case(Rng& rng) {
  Shape shape = draw_shape(rng, 3);
  SliceAttributes slice;
  for (int64_t dim : shape) {
    slice.start.push_back(draw(rng, 0, dim - 1));
    slice.limit.push_back(draw(rng, slice.start.back() + 1, dim));
    slice.stride.push_back(draw(rng, 1, 3));
  }
  return {OpKind::kSlice, {f32(shape)}, [=](Builder& b, const Values& x) {
            return b.create(OpKind::kSlice, {x[0]}, slice);
          }};
}

GradientCase pad_case(Rng& rng) {
  PadAttributes pad;
  for (int i = 0; i < 3; ++i) {
    pad.low.push_back(draw(rng, 0, 2));
    pad.high.push_back(draw(rng, 0, 2));
    pad.interior.push_back(draw(rng, 0, 2));
  }
  pad.value = 1.5;
  return {OpKind::kPad, {f32(draw_shape(rng, 3))}, [=](Builder& b, const Values& x) {
            return b.create(OpKind::kPad, {x[0]}, pad);
          }};
}

GradientCase concat_case(Rng& rng) {
  int64_t dim = draw(rng, 0, 2);
  GradientCase c{OpKind::kConcat, {}, [=](Builder& b, const Values& x) { return b.concat(x, dim); }};
  Shape shape = draw_shape(rng, 3);
  for (int64_t i = draw(rng, 1, 4); i > 0; --i) {
    shape[static_cast<size_t>(dim)] = draw(rng, 1, 4);
    c.parameters.push_back(f32(shape));
  }
  return c;
}

GradientCase gather_case(OpKind kind, Rng& rng) {
  int64_t rows = draw(rng, 1, 5), count = draw(rng, 1, 7), width = draw(rng, 1, 3);
  TensorType indices{DType::kI32, {count}};
  GradientCase c{kind, {f32({rows, width}), indices}, [](Builder& b, const Values& x) {
                   return b.create(OpKind::kGather, x);
                 }};
  if (kind == OpKind::kScatterAdd) {
    c.parameters[0] = f32({count, width});
    c.build = [=](Builder& b, const Values& x) {
      return b.create(OpKind::kScatterAdd, x, DimAttributes{rows});
    };
  }
  c.indices = rows;
  return c;
}

GradientCase reduce_case(OpKind kind, Rng& rng) {
  std::vector<int64_t> dims = draw_dims(rng, 3);
  return {kind, {f32(draw_shape(rng, 3))}, [=](Builder& b, const Values& x) {
            return b.create(kind, {x[0]}, DimsAttributes{dims});
          }};
}

GradientCase dot_case(Rng& rng) {
  auto i = static_cast<size_t>(draw(rng, 0, 1)), j = static_cast<size_t>(draw(rng, 0, 1));
  Shape p = draw_shape(rng, 2), q = draw_shape(rng, 2);
  q[j] = p[i];
  std::array<int64_t, 2> contract = {static_cast<int64_t>(i), static_cast<int64_t>(j)};
  return {OpKind::kDot, {f32(p), f32(q)}, [=](Builder& b, const Values& x) {
            return b.dot(x[0], x[1], contract);
          }};
}

// x [N,C,H,W], w [O,C/groups,KH,KW] → y [N,O,OH,OW]; `kind` says which two are parameters.
GradientCase conv_case(OpKind kind, Rng& rng) {
  ConvAttributes conv;
  conv.groups = draw(rng, 1, 2);
  for (auto* pair : {&conv.stride, &conv.dilation}) *pair = {draw(rng, 1, 2), draw(rng, 1, 2)};
  for (int64_t& pad : conv.pad) pad = draw(rng, 0, 2);
  Shape w = {conv.groups * draw(rng, 1, 2), draw(rng, 1, 2), draw(rng, 1, 3), draw(rng, 1, 3)};
  Shape x = {draw(rng, 1, 2), conv.groups * w[1], draw(rng, 5, 7), draw(rng, 5, 7)};
  Function scratch("scratch");
  Builder b(scratch);
  Shape y = b.conv(b.constant(f32(x), 0), b.constant(f32(w), 0), conv)->type.shape;
  auto make = [&](Shape left, Shape right, Shape result) {
    ConvAttributes attributes = conv;
    attributes.shape = std::move(result);
    return GradientCase{kind, {f32(left), f32(right)}, [=](Builder& builder, const Values& v) {
                          return builder.create(kind, v, attributes);
                        }};
  };
  if (kind == OpKind::kConv) return make(x, w, {});
  return kind == OpKind::kConvInput ? make(y, w, x) : make(x, y, w);
}

GradientCase window_case(OpKind kind, Rng& rng) {
  WindowAttributes window;
  window.window = {draw(rng, 2, 3), draw(rng, 2, 3)};
  window.stride = {draw(rng, 1, 3), draw(rng, 1, 3)};
  for (int64_t& pad : window.pad) pad = draw(rng, 0, 1);
  Shape x = {draw(rng, 1, 2), draw(rng, 1, 3), draw(rng, 4, 7), draw(rng, 4, 7)};
  Function scratch("scratch");
  Builder b(scratch);
  Shape y = b.window(OpKind::kWindowSum, b.constant(f32(x), 0), window)->type.shape;
  if (kind == OpKind::kWindowSpread) window.shape = x;
  return {kind, {f32(kind == OpKind::kWindowSpread ? y : x)}, [=](Builder& builder, const Values& v) {
            return builder.window(kind, v[0], window);
          }};
}

bool is_piecewise_constant(OpKind kind) {
  switch (kind) {
    case OpKind::kSign:
    case OpKind::kFloor:
    case OpKind::kNot:
    case OpKind::kAnd:
    case OpKind::kOr:
    case OpKind::kArgMax:
      return true;
    default:
      return has_trait(kind, kCompare | kLeaf);
  }
}

}  // namespace

std::optional<GradientCase> gradient_case(OpKind kind, Rng& rng) {
  // Autodiff refuses these two.
  if (is_piecewise_constant(kind) || has_trait(kind, kHasBody) || kind == OpKind::kWindowPick)
    return std::nullopt;
  if (has_trait(kind, kElementwise)) return elementwise_case(kind, rng);
  switch (kind) {
    case OpKind::kBroadcast:
      return broadcast_case(rng);
    case OpKind::kReshape:
      return reshape_case(rng);
    case OpKind::kTranspose:
      return transpose_case(rng);
    case OpKind::kSlice:
      return slice_case(rng);
    case OpKind::kPad:
      return pad_case(rng);
    case OpKind::kConcat:
      return concat_case(rng);
    case OpKind::kGather:
    case OpKind::kScatterAdd:
      return gather_case(kind, rng);
    case OpKind::kDot:
      return dot_case(rng);
    default:
      break;
  }
  if (has_trait(kind, kReduction)) return reduce_case(kind, rng);
  if (has_trait(kind, kContraction)) return conv_case(kind, rng);
  return window_case(kind, rng);
}

}  // namespace minnow::testing

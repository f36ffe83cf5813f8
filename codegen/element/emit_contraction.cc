// Contractions as loops inside an element: right everywhere and in any number of dimensions, fast only where small.
#include "codegen/element/accumulate.h"
#include "codegen/element/dot_matrices.h"
#include "codegen/element/emit_rules.h"

namespace minnow {

using V = llvm::Value*;

namespace {

// Multiplies and adds: sum += a * b, rounded once.
void accumulate(ElementEmitter& emitter, DType dtype, Accumulator& sum, V a, V b) {
  ScalarMath& math = emitter.math();
  sum.set(is_float(dtype) ? math.fma(a, b, sum.get()) : math.add(dtype, sum.get(), math.mul(dtype, a, b)));
}

Shape space_of(const Value* value) { return {value->type.shape.begin() + 2, value->type.shape.end()}; }

// s * stride + k * dilation - pad in each dimension: where place k of window s lies.
Position under_window(ElementEmitter& e, const ConvAttributes& conv, std::span<const Coord> window,
                      std::span<const Coord> place) {
  Position at;
  for (size_t i = 0; i < window.size(); ++i)
    at.push_back(
        e.offset(e.add(e.scale(window[i], conv.stride[i]), e.scale(place[i], conv.dilation[i])), -conv.pad[2 * i]));
  return at;
}

// (s + pad - k * dilation) / stride in each dimension: the window whose place k lies at s, where there is one.
Position window_over(ElementEmitter& e, const ConvAttributes& conv, std::span<const Coord> at, const Position& place,
                     V& condition) {
  Position window;
  for (size_t i = 0; i < at.size(); ++i) {
    const Coord travel = e.add(e.offset(at[i], conv.pad[2 * i]), e.scale(place[i], -conv.dilation[i]));
    window.push_back(unstride(e, travel, conv.stride[i], condition));
  }
  return window;
}

std::span<const Coord> space_of(const Position& at) { return std::span(at).subspan(2); }

}  // namespace

V EmitRule<OpKind::kDot>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const DType dtype = op.type().dtype;
  Accumulator sum(emitter, dtype, 0);
  emitter.loop(0, op.operands[0]->type.dim(op.attr<DotAttributes>().contract[0]), [&](const Coord& k) {
    V a = emitter.emit(op.operands[0], dot_operand_position(op, 0, at, k));
    V b = emitter.emit(op.operands[1], dot_operand_position(op, 1, at, k));
    accumulate(emitter, dtype, sum, a, b);
  });
  return sum.get();
}

// y[n,o,s] = sum over c,k of x[n, g*C/G + c, s*stride - pad + k*dilation] * w[o,c,k], g = o / (O/G); s and k have as
// many dimensions as space.
V EmitRule<OpKind::kConv>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  const Coord group = e.divide(at[1], w[0] / conv.groups);
  Accumulator sum(e, op.type().dtype, 0);
  e.loop(0, w[1], [&](const Coord& c) {
    const Coord channel = e.add(e.scale(group, w[1]), c);
    window_loops(e, space_of(op.operands[1]), [&](const Position& place) {
      const Position from = over_space(at[0], channel, under_window(e, conv, space_of(at), place));
      V x = e.emit_guarded(op.operands[0], from, nullptr, 0);
      accumulate(e, op.type().dtype, sum, x, e.emit(op.operands[1], over_space(at[1], c, place)));
    });
  });
  return sum.get();
}

// x[n,c,s] = sum over o,k of y[n, g*O/G + o, (s + pad - k*dilation) / stride] * w[g*O/G + o, c % (C/G), k]
V EmitRule<OpKind::kConvInput>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  const int64_t group_outputs = w[0] / conv.groups;
  const Coord group = e.divide(at[1], w[1]);
  const Coord channel = e.remainder(at[1], w[1]);
  Accumulator sum(e, op.type().dtype, 0);
  e.loop(0, group_outputs, [&](const Coord& o) {
    const Coord output = e.add(e.scale(group, group_outputs), o);
    window_loops(e, space_of(op.operands[1]), [&](const Position& place) {
      V condition = nullptr;
      const Position window = window_over(e, conv, space_of(at), place, condition);
      V y = e.emit_guarded(op.operands[0], over_space(at[0], output, window), condition, 0);
      accumulate(e, op.type().dtype, sum, y, e.emit(op.operands[1], over_space(output, channel, place)));
    });
  });
  return sum.get();
}

// w[o,c,k] = sum over n,s of y[n,o,s] * x[n, g*C/G + c, s*stride - pad + k*dilation]
V EmitRule<OpKind::kConvFilter>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.type().shape;
  const Coord group = e.divide(at[0], w[0] / conv.groups);
  const Coord channel = e.add(e.scale(group, w[1]), at[1]);
  Accumulator sum(e, op.type().dtype, 0);
  e.loop(0, op.operands[1]->type.dim(0), [&](const Coord& n) {
    window_loops(e, space_of(op.operands[1]), [&](const Position& window) {
      const Position from = over_space(n, channel, under_window(e, conv, window, space_of(at)));
      V x = e.emit_guarded(op.operands[0], from, nullptr, 0);
      accumulate(e, op.type().dtype, sum, x, e.emit(op.operands[1], over_space(n, at[0], window)));
    });
  });
  return sum.get();
}

}  // namespace minnow

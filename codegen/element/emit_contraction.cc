// Contractions as loops inside an element: right everywhere and in any number of dimensions, fast only where small.
#include "codegen/element/accumulate.h"
#include "codegen/element/contraction_axes.h"
#include "codegen/element/emit_rules.h"

namespace minnow {

using V = llvm::Value*;

namespace {

// Multiplies and adds: sum += a * b, rounded once.
void accumulate(ElementEmitter& emitter, DType dtype, Accumulator& sum, V a, V b) {
  ScalarMath& math = emitter.math();
  sum.set(is_float(dtype) ? math.fma(a, b, sum.get()) : math.add(dtype, sum.get(), math.mul(dtype, a, b)));
}

void depth_loops(ElementEmitter& emitter, const Contraction& c, std::span<const size_t> depth, Position& axes,
                 const std::function<void()>& body) {
  if (depth.empty()) return body();
  emitter.loop(0, c.axes[depth[0]].extent, [&](const Coord& i) {
    axes[depth[0]] = i;
    depth_loops(emitter, c, depth.subspan(1), axes, body);
  });
}

V contract(ElementEmitter& emitter, const Op& op, const Position& at) {
  const DType dtype = op.type().dtype;
  const Contraction c = contraction_of(op);
  Position axes = axes_at(emitter, c, at);
  Accumulator sum(emitter, dtype, 0);
  depth_loops(emitter, c, c.axes_of(Axis::Kind::kDepth), axes, [&] {
    V a = emit_at_axes(emitter, op.operands[0], c.a, c.axes, axes);
    accumulate(emitter, dtype, sum, a, emit_at_axes(emitter, op.operands[1], c.b, c.axes, axes));
  });
  return sum.get();
}

}  // namespace

V EmitRule<OpKind::kDot>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return contract(emitter, op, at);
}
V EmitRule<OpKind::kConv>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return contract(emitter, op, at);
}
V EmitRule<OpKind::kConvInput>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return contract(emitter, op, at);
}
V EmitRule<OpKind::kConvFilter>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return contract(emitter, op, at);
}

}  // namespace minnow

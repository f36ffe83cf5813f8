// Reductions, contractions and windows as loops inside an element: right everywhere, fast only where small.
#include <limits>
#include <numeric>

#include "codegen/element/dot_matrices.h"
#include "codegen/element/emit_rules.h"
#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {

using V = llvm::Value*;

namespace {

const Threshold kUnrolled{"elements of a window without a loop", 16};

// A variable that a loop accumulates into.
class Accumulator {
 public:
  Accumulator(ElementEmitter& emitter, DType dtype, double start) : emitter_(emitter), type_(emitter.type_of(dtype)) {
    slot_ = emitter.kernel().stack(type_);
    set(emitter.constant_of(dtype, start));
  }
  V get() { return emitter_.ir().CreateLoad(type_, slot_); }
  void set(V value) { emitter_.ir().CreateStore(value, slot_); }

 private:
  ElementEmitter& emitter_;
  llvm::Type* type_;
  V slot_;
};

double lowest(DType dtype) {
  if (is_float(dtype)) return -std::numeric_limits<double>::infinity();
  return dtype == DType::kI32 ? std::numeric_limits<int32_t>::min() : 0;
}

// The operand's position: reduced dimensions from `inner`, the others from the result's position.
Position with_kept(ElementEmitter& emitter, const Shape& shape, std::span<const int64_t> dims, const Position& at) {
  Position inner;
  size_t next = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i) {
    const bool reduced = std::find(dims.begin(), dims.end(), i) != dims.end();
    inner.push_back(reduced ? emitter.constant(0) : at[next++]);
  }
  return inner;
}

V emit_reduction(ElementEmitter& emitter, const Op& op, const Position& at, bool is_max) {
  const TensorType& type = op.operands[0]->type;
  const auto& dims = op.attr<DimsAttributes>().dims;
  Accumulator sum(emitter, type.dtype, is_max ? lowest(type.dtype) : 0);
  Position inner = with_kept(emitter, type.shape, dims, at);
  emitter.loops(type.shape, dims, inner, [&] {
    V element = emitter.emit(op.operands[0], inner);
    ScalarMath& math = emitter.math();
    sum.set(is_max ? math.max(type.dtype, sum.get(), element) : math.add(type.dtype, sum.get(), element));
  });
  return sum.get();
}

// a > b, where NaN is greater than all numbers.
V exceeds(ElementEmitter& emitter, DType dtype, V a, V b) {
  V greater = emitter.math().lt(dtype, b, a);
  if (!is_float(dtype)) return greater;
  llvm::IRBuilder<>& ir = emitter.ir();
  return ir.CreateOr(greater, ir.CreateAnd(ir.CreateFCmpUNO(a, a), ir.CreateFCmpORD(b, b)));
}

// Multiplies and adds: sum += a * b, rounded once.
void accumulate(ElementEmitter& emitter, DType dtype, Accumulator& sum, V a, V b) {
  ScalarMath& math = emitter.math();
  sum.set(is_float(dtype) ? math.fma(a, b, sum.get()) : math.add(dtype, sum.get(), math.mul(dtype, a, b)));
}

// (position + low) / stride where that divides, as a coordinate of the smaller side.
Coord unstride(ElementEmitter& emitter, const Coord& at, int64_t stride, V& condition) {
  if (stride == 1) return at;
  const Coord rest = emitter.remainder(at, stride);
  condition = emitter.both(condition, emitter.compare(llvm::CmpInst::ICMP_EQ, rest, 0));
  return emitter.divide(at, stride);
}

// Loops over a window's rows and columns.
void window_loops(ElementEmitter& emitter, int64_t height, int64_t width,
                  const std::function<void(const Coord&, const Coord&)>& body) {
  emitter.loop(0, height,
               [&](const Coord& row) { emitter.loop(0, width, [&](const Coord& column) { body(row, column); }); });
}

}  // namespace

V EmitRule<OpKind::kReduceSum>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return emit_reduction(emitter, op, at, false);
}
V EmitRule<OpKind::kReduceMax>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return emit_reduction(emitter, op, at, true);
}

V EmitRule<OpKind::kArgMax>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const TensorType& type = op.operands[0]->type;
  const int64_t dim = op.attr<DimAttributes>().dim;
  const int64_t dims[] = {dim};
  Position inner = with_kept(emitter, type.shape, dims, at);
  Accumulator best(emitter, type.dtype, 0);
  Accumulator index(emitter, DType::kI32, 0);
  best.set(emitter.emit(op.operands[0], inner));
  emitter.loop(1, type.dim(dim), [&](const Coord& i) {
    inner[static_cast<size_t>(dim)] = i;
    V element = emitter.emit(op.operands[0], inner);
    V greater = exceeds(emitter, type.dtype, element, best.get());
    V number = emitter.splat(emitter.ir().CreateTrunc(i.base, emitter.ir().getInt32Ty()));
    best.set(emitter.math().select(greater, element, best.get()));
    index.set(emitter.math().select(greater, number, index.get()));
  });
  return index.get();
}

V EmitRule<OpKind::kScatterAdd>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  const DType dtype = op.type().dtype;
  Accumulator sum(emitter, dtype, 0);
  Position from = at;
  emitter.loop(0, op.operands[1]->type.dim(0), [&](const Coord& n) {
    from[0] = n;
    V index = emitter.emit(op.operands[1], {n});
    index = emitter.math().max(DType::kI32, index, emitter.constant_of(DType::kI32, 0));
    index = emitter.math().min(DType::kI32, index,
                               emitter.constant_of(DType::kI32, static_cast<double>(op.type().dim(0) - 1)));
    V row = emitter.lanes() == 1 ? emitter.ir().CreateTrunc(at[0].base, emitter.ir().getInt32Ty())
                                 : emitter.per_lane(at[0]);
    V update = emitter.emit(op.operands[0], from);
    V sum_with = emitter.math().add(dtype, sum.get(), update);
    sum.set(emitter.math().select(emitter.ir().CreateICmpEQ(index, row), sum_with, sum.get()));
  });
  return sum.get();
}

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

// y[n,o,h,w] = sum over c,i,j of x[n, g*C/G + c, h*s - p + i*d, w*s - p + j*d] * w[o,c,i,j], g = o / (O/G)
V EmitRule<OpKind::kConv>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  const Coord group = e.divide(at[1], w[0] / conv.groups);
  Accumulator sum(e, op.type().dtype, 0);
  e.loop(0, w[1], [&](const Coord& c) {
    window_loops(e, w[2], w[3], [&](const Coord& i, const Coord& j) {
      const Coord row = e.offset(e.add(e.scale(at[2], conv.stride[0]), e.scale(i, conv.dilation[0])), -conv.pad[0]);
      const Coord col = e.offset(e.add(e.scale(at[3], conv.stride[1]), e.scale(j, conv.dilation[1])), -conv.pad[2]);
      V x = e.emit_guarded(op.operands[0], {at[0], e.add(e.scale(group, w[1]), c), row, col}, nullptr, 0);
      accumulate(e, op.type().dtype, sum, x, e.emit(op.operands[1], {at[1], c, i, j}));
    });
  });
  return sum.get();
}

// x[n,c,h,w] = sum over o,i,j of y[n, g*O/G + o, (h + p - i*d) / s, (w + p - j*d) / s] * w[g*O/G + o, c % (C/G), i, j]
V EmitRule<OpKind::kConvInput>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  const int64_t group_outputs = w[0] / conv.groups;
  const Coord group = e.divide(at[1], w[1]);
  const Coord channel = e.remainder(at[1], w[1]);
  Accumulator sum(e, op.type().dtype, 0);
  e.loop(0, group_outputs, [&](const Coord& o) {
    window_loops(e, w[2], w[3], [&](const Coord& i, const Coord& j) {
      V condition = nullptr;
      const Coord output = e.add(e.scale(group, group_outputs), o);
      const Coord row = e.add(e.offset(at[2], conv.pad[0]), e.scale(i, -conv.dilation[0]));
      const Coord col = e.add(e.offset(at[3], conv.pad[2]), e.scale(j, -conv.dilation[1]));
      const Coord y_row = unstride(e, row, conv.stride[0], condition);
      const Coord y_col = unstride(e, col, conv.stride[1], condition);
      V y = e.emit_guarded(op.operands[0], {at[0], output, y_row, y_col}, condition, 0);
      accumulate(e, op.type().dtype, sum, y, e.emit(op.operands[1], {output, channel, i, j}));
    });
  });
  return sum.get();
}

// w[o,c,i,j] = sum over n,h,w of y[n,o,h,w] * x[n, g*C/G + c, h*s - p + i*d, w*s - p + j*d]
V EmitRule<OpKind::kConvFilter>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.type().shape;
  const Shape& y = op.operands[1]->type.shape;
  const Coord group = e.divide(at[0], w[0] / conv.groups);
  const Coord channel = e.add(e.scale(group, w[1]), at[1]);
  Accumulator sum(e, op.type().dtype, 0);
  e.loop(0, y[0], [&](const Coord& n) {
    window_loops(e, y[2], y[3], [&](const Coord& i, const Coord& j) {
      const Coord row = e.offset(e.add(e.scale(i, conv.stride[0]), e.scale(at[2], conv.dilation[0])), -conv.pad[0]);
      const Coord col = e.offset(e.add(e.scale(j, conv.stride[1]), e.scale(at[3], conv.dilation[1])), -conv.pad[2]);
      V x = e.emit_guarded(op.operands[0], {n, channel, row, col}, nullptr, 0);
      accumulate(e, op.type().dtype, sum, x, e.emit(op.operands[1], {n, at[0], i, j}));
    });
  });
  return sum.get();
}

namespace {

// The element of x under place (i, j) of the window of output (row, column).
V window_element(ElementEmitter& e, const Op& op, const Position& window, const Coord& i, const Coord& j, double fill) {
  const WindowAttributes attributes = window_within_picture(op);
  const Coord row = e.offset(e.add(e.scale(window[2], attributes.stride[0]), i), -attributes.pad[0]);
  const Coord col = e.offset(e.add(e.scale(window[3], attributes.stride[1]), j), -attributes.pad[2]);
  const Position at = {window[0], window[1], row, col};
  if (attributes.pad == std::array<int64_t, 4>{} && op.kind != OpKind::kWindowPick) return e.emit(op.operands[0], at);
  return e.emit_guarded(op.operands[0], at, nullptr, fill);
}

V emit_window(ElementEmitter& e, const Op& op, const Position& at, bool is_max) {
  const WindowAttributes attributes = window_within_picture(op);
  const DType dtype = op.type().dtype;
  const double start = is_max ? lowest(dtype) : 0;
  V sum = e.constant_of(dtype, start);
  const bool unrolled = attributes.window[0] * attributes.window[1] <= kUnrolled;
  auto combine = [&](V so_far, const Coord& i, const Coord& j) {
    V element = window_element(e, op, at, i, j, start);
    return is_max ? e.math().max(dtype, element, so_far) : e.math().add(dtype, so_far, element);
  };
  if (unrolled) {
    for (int64_t i = 0; i < attributes.window[0]; ++i) {
      for (int64_t j = 0; j < attributes.window[1]; ++j) sum = combine(sum, e.constant(i), e.constant(j));
    }
    return sum;
  }
  Accumulator total(e, dtype, start);
  window_loops(e, attributes.window[0], attributes.window[1],
               [&](const Coord& i, const Coord& j) { total.set(combine(total.get(), i, j)); });
  return total.get();
}

// Runs body(window position, condition, i, j) for every window that covers x's element `at`.
void covering_windows(ElementEmitter& e, const WindowAttributes& attributes, const Position& at,
                      const std::function<void(const Position&, V, const Coord&, const Coord&)>& body) {
  window_loops(e, attributes.window[0], attributes.window[1], [&](const Coord& i, const Coord& j) {
    V condition = nullptr;
    const Coord row = e.add(e.offset(at[2], attributes.pad[0]), e.scale(i, -1));
    const Coord col = e.add(e.offset(at[3], attributes.pad[2]), e.scale(j, -1));
    const Coord y_row = unstride(e, row, attributes.stride[0], condition);
    const Coord y_col = unstride(e, col, attributes.stride[1], condition);
    body({at[0], at[1], y_row, y_col}, condition, i, j);
  });
}

}  // namespace

V EmitRule<OpKind::kWindowMax>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return emit_window(emitter, op, at, true);
}
V EmitRule<OpKind::kWindowSum>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return emit_window(emitter, op, at, false);
}

V EmitRule<OpKind::kWindowSpread>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  Accumulator sum(e, op.type().dtype, 0);
  covering_windows(e, window_within_picture(op), at,
                   [&](const Position& window, V condition, const Coord&, const Coord&) {
                     V y = e.emit_guarded(op.operands[0], window, condition, 0);
                     sum.set(e.math().add(op.type().dtype, sum.get(), y));
                   });
  return sum.get();
}

// x's element is picked by a window if it is greater than all before it in the window and not less than any after.
V EmitRule<OpKind::kWindowPick>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const WindowAttributes attributes = window_within_picture(op);
  const DType dtype = op.type().dtype;
  Accumulator sum(e, dtype, 0);
  V mine = e.emit(op.operands[0], at);
  covering_windows(e, attributes, at, [&](const Position& window, V condition, const Coord& i, const Coord& j) {
    V y = e.emit_guarded(op.operands[1], window, condition, 0);
    V place = e.ir().CreateAdd(e.ir().CreateMul(i.base, e.kernel().index(attributes.window[1])), j.base);
    Accumulator picked(e, DType::kPred, 1);
    window_loops(e, attributes.window[0], attributes.window[1], [&](const Coord& i2, const Coord& j2) {
      V other_place = e.ir().CreateAdd(e.ir().CreateMul(i2.base, e.kernel().index(attributes.window[1])), j2.base);
      V other = window_element(e, op, window, i2, j2, lowest(dtype));
      V before = e.splat(e.ir().CreateICmpSLT(other_place, place));
      V beaten =
          e.math().select(before, exceeds(e, dtype, mine, other), e.ir().CreateNot(exceeds(e, dtype, other, mine)));
      V self = e.splat(e.ir().CreateICmpEQ(other_place, place));
      picked.set(e.ir().CreateAnd(picked.get(), e.ir().CreateOr(beaten, self)));
    });
    V zero = e.constant_of(dtype, 0);
    sum.set(e.math().add(dtype, sum.get(), e.math().select(picked.get(), y, zero)));
  });
  return sum.get();
}

}  // namespace minnow

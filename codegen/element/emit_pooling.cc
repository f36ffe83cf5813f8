// Windows as loops inside an element: right everywhere and in any number of dimensions, fast only where small.
#include <algorithm>

#include "codegen/element/accumulate.h"
#include "codegen/element/emit_rules.h"
#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {

using V = llvm::Value*;

namespace {

const Threshold kUnrolled{"elements of a window without a loop", 16};

// Where a place of a window lies in x.
Position under_window(ElementEmitter& e, const WindowAttributes& attributes, const Position& window,
                      const Position& place) {
  Position at = {window[0], window[1]};
  for (size_t i = 0; i < place.size(); ++i)
    at.push_back(e.offset(e.add(e.scale(window[2 + i], attributes.stride[i]), place[i]), -attributes.pad[2 * i]));
  return at;
}

// Calls body with each place of a window, in row-major order, without a loop.
void unrolled(ElementEmitter& e, const Shape& window, const std::function<void(const Position&)>& body,
              Position place = {}) {
  if (place.size() == window.size()) return body(place);
  for (int64_t i = 0; i < window[place.size()]; ++i) {
    Position next = place;
    next.push_back(e.constant(i));
    unrolled(e, window, body, next);
  }
}

V emit_window(ElementEmitter& e, const Op& op, const Position& at, bool is_max) {
  const WindowAttributes attributes = window_within_picture(op);
  const DType dtype = op.type().dtype;
  const double start = is_max ? lowest(dtype) : 0;
  const bool is_padded = std::ranges::any_of(attributes.pad, [](int64_t pad) { return pad != 0; });
  auto combine = [&](V so_far, const Position& place) {
    const Position from = under_window(e, attributes, at, place);
    V element = is_padded ? e.emit_guarded(op.operands[0], from, nullptr, start) : e.emit(op.operands[0], from);
    return is_max ? e.math().max(dtype, element, so_far) : e.math().add(dtype, so_far, element);
  };
  if (places_of(attributes) <= kUnrolled) {
    V sum = e.constant_of(dtype, start);
    unrolled(e, attributes.window, [&](const Position& place) { sum = combine(sum, place); });
    return sum;
  }
  Accumulator total(e, dtype, start);
  window_loops(e, attributes.window, [&](const Position& place) { total.set(combine(total.get(), place)); });
  return total.get();
}

// Runs body(window position, condition, place) for every window that covers x's element `at`.
void covering_windows(ElementEmitter& e, const WindowAttributes& attributes, const Position& at,
                      const std::function<void(const Position&, V, const Position&)>& body) {
  window_loops(e, attributes.window, [&](const Position& place) {
    V condition = nullptr;
    Position window = {at[0], at[1]};
    for (size_t i = 0; i < place.size(); ++i) {
      const Coord travel = e.add(e.offset(at[2 + i], attributes.pad[2 * i]), e.scale(place[i], -1));
      window.push_back(unstride(e, travel, attributes.stride[i], condition));
    }
    body(window, condition, place);
  });
}

// The row-major number of a place in its window.
V number_of(ElementEmitter& e, const WindowAttributes& attributes, const Position& place) {
  V number = e.kernel().index(0);
  for (size_t i = 0; i < place.size(); ++i)
    number = e.ir().CreateAdd(e.ir().CreateMul(number, e.kernel().index(attributes.window[i])), e.index_of(place[i]));
  return number;
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
  covering_windows(e, window_within_picture(op), at, [&](const Position& window, V condition, const Position&) {
    V y = e.emit_guarded(op.operands[0], window, condition, 0);
    sum.set(e.math().add(op.type().dtype, sum.get(), y));
  });
  return sum.get();
}

// x's element is picked by a window if it is greater than all before it in the window and not less than any after. What
// lies on the padding is no element.
V EmitRule<OpKind::kWindowPick>::apply(ElementEmitter& e, const Op& op, const Position& at) {
  const WindowAttributes attributes = window_within_picture(op);
  const DType dtype = op.type().dtype;
  Accumulator sum(e, dtype, 0);
  V mine = e.emit(op.operands[0], at);
  covering_windows(e, attributes, at, [&](const Position& window, V condition, const Position& place) {
    V y = e.emit_guarded(op.operands[1], window, condition, 0);
    V number = number_of(e, attributes, place);
    Accumulator picked(e, DType::kPred, 1);
    window_loops(e, attributes.window, [&](const Position& other_place) {
      V other_number = number_of(e, attributes, other_place);
      const Position from = under_window(e, attributes, window, other_place);
      V other = e.emit_guarded(op.operands[0], from, nullptr, 0);
      V before = e.splat(e.ir().CreateICmpSLT(other_number, number));
      V beaten =
          e.math().select(before, exceeds(e, dtype, mine, other), e.ir().CreateNot(exceeds(e, dtype, other, mine)));
      V self = e.splat(e.ir().CreateICmpEQ(other_number, number));
      V exists = e.constant_of(DType::kPred, 1);
      for (size_t i = 2; i < from.size(); ++i)
        exists = e.both(exists, e.compare(llvm::CmpInst::ICMP_ULT, from[i], op.type().shape[i]));
      V passed = e.ir().CreateOr(e.ir().CreateOr(beaten, self), e.ir().CreateNot(exists));
      picked.set(e.ir().CreateAnd(picked.get(), passed));
    });
    V zero = e.constant_of(dtype, 0);
    sum.set(e.math().add(dtype, sum.get(), e.math().select(picked.get(), y, zero)));
  });
  return sum.get();
}

}  // namespace minnow

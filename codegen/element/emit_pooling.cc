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

// A pooling at one position.
class WindowReduction {
 public:
  WindowReduction(ElementEmitter& emitter, const Op& op, const Position& at)
      : e_(emitter), op_(op), at_(at), attributes_(window_within_picture(op)), dtype_(op.type().dtype),
        is_max_(op.kind == OpKind::kWindowMax), start_(is_max_ ? lowest(dtype_) : 0) {}

  V emit() {
    if (places_of(attributes_) > kUnrolled) return in_loops();
    if (is_max_ && is_float(dtype_) && find_elements()) return max_of_elements();
    V result = e_.constant_of(dtype_, start_);
    unrolled(e_, attributes_.window, [&](const Position& place) { result = combine(result, place); });
    return result;
  }

 private:
  V combine(V so_far, const Position& place) {
    const Position from = under_window(e_, attributes_, at_, place);
    const bool is_padded = std::ranges::any_of(attributes_.pad, [](int64_t pad) { return pad != 0; });
    const Value* x = op_.operands[0];
    V element = is_padded ? e_.emit_guarded(x, from, nullptr, start_) : e_.emit(x, from);
    return is_max_ ? e_.math().max(dtype_, element, so_far) : e_.math().add(dtype_, so_far, element);
  }

  V in_loops() {
    Accumulator total(e_, dtype_, start_);
    window_loops(e_, attributes_.window, [&](const Position& place) { total.set(combine(total.get(), place)); });
    return total.get();
  }

  // False where it is not known of each whether it is on padding.
  bool find_elements() {
    bool are_known = true;
    unrolled(e_, attributes_.window, [&](const Position& place) {
      const Position from = under_window(e_, attributes_, at_, place);
      V exists = nullptr;
      for (size_t i = 2; i < from.size(); ++i)
        exists = e_.both(exists, e_.inside(from[i], op_.operands[0]->type.shape[i]));
      if (exists == nullptr) elements_.push_back(from);
      are_known &= exists == nullptr || ElementEmitter::is_never(exists);
    });
    return are_known && elements_.size() > 1;
  }

  // Comparisons that tell NaNs from numbers and zeros by their signs would take most of the time. So numbers are
  // compared alone, and the rare vector that has a NaN, an infinity, or nothing above -0 is gone through once more.
  V max_of_elements() {
    llvm::IRBuilder<>& ir = e_.ir();
    V zero = e_.constant_of(dtype_, 0);
    V best = nullptr, zeros = zero;
    for (const Position& from : elements_) {
      V x = e_.emit(op_.operands[0], from);
      best = best == nullptr ? x : ir.CreateSelect(ir.CreateFCmpOGT(x, best), x, best);
      zeros = e_.math().fma(x, zero, zeros);
    }
    V is_special = ir.CreateOr(ir.CreateFCmpUNO(zeros, zeros), e_.math().is_negative_zero(best));
    V slot = e_.kernel().stack(best->getType());
    ir.CreateStore(best, slot);
    if (e_.lanes() > 1) is_special = ir.CreateOrReduce(is_special);
    e_.kernel().when(is_special, [&] { ir.CreateStore(in_loops(), slot); });
    return ir.CreateLoad(best->getType(), slot);
  }

  ElementEmitter& e_;
  const Op& op_;
  const Position& at_;
  const WindowAttributes attributes_;
  const DType dtype_;
  const bool is_max_;
  const double start_;
  std::vector<Position> elements_;  // those that exist
};

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
  return WindowReduction(emitter, op, at).emit();
}
V EmitRule<OpKind::kWindowSum>::apply(ElementEmitter& emitter, const Op& op, const Position& at) {
  return WindowReduction(emitter, op, at).emit();
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

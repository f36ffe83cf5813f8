#include "codegen/kernels/window_places.h"

#include <algorithm>

#include "codegen/element/accumulate.h"
#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// Windows of more places are walked by loops: with code for each place, LLVM takes minutes.
const Threshold kMostPlaces{"places of a window that is scattered without loops", 256};

}  // namespace

WindowPlaces::WindowPlaces(ElementEmitter& emitter, const Op& op)
    : emitter_(emitter), op_(op), window_(window_within_picture(op)), dtype_(op.type().dtype) {}

bool WindowPlaces::are_many() const { return places_of(window_) > kMostPlaces; }

Position WindowPlaces::element(const Position& window, int64_t i, int64_t j) {
  return element(window, emitter_.constant(i), emitter_.constant(j));
}

Position WindowPlaces::element(const Position& window, const Coord& i, const Coord& j) {
  const Coord row = emitter_.add(emitter_.scale(window[2], window_.stride[0]), i);
  const Coord column = emitter_.add(emitter_.scale(window[3], window_.stride[1]), j);
  return {window[0], window[1], emitter_.offset(row, -window_.pad[0]), emitter_.offset(column, -window_.pad[2])};
}

V WindowPlaces::exists(const Position& element) {
  const bool is_padded = std::ranges::any_of(window_.pad, [](int64_t pad) { return pad != 0; });
  if (!is_padded) return nullptr;
  const Shape& shape = op_.type().shape;
  return emitter_.both(emitter_.inside(element[2], shape[2]), emitter_.inside(element[3], shape[3]));
}

void WindowPlaces::walk(const std::function<void(const Coord&, const Coord&)>& visit) {
  emitter_.loop(0, window_.window[0],
                [&](const Coord& i) { emitter_.loop(0, window_.window[1], [&](const Coord& j) { visit(i, j); }); });
}

V WindowPlaces::number_of(const Coord& i, const Coord& j) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  V number = emitter_.index_of(emitter_.add(emitter_.scale(i, window_.window[1]), j));
  return emitter_.splat(ir.CreateTrunc(number, ir.getInt32Ty()));
}

// Comparisons that tell NaNs from numbers would take most of the time. So numbers are compared alone, and the rare
// vector that has a NaN, or an infinity, is gone through once more.
V WindowPlaces::largest(const Position& window) {
  if (are_many()) return largest_in_loops(window);
  V is_any_nan = nullptr;
  V place = find_among_numbers(window, is_any_nan);
  if (is_any_nan == nullptr) return place;
  llvm::IRBuilder<>& ir = emitter_.ir();
  V slot = emitter_.kernel().stack(place->getType());
  ir.CreateStore(place, slot);
  if (emitter_.lanes() > 1) is_any_nan = ir.CreateOrReduce(is_any_nan);
  emitter_.kernel().when(is_any_nan, [&] { ir.CreateStore(largest_in_loops(window), slot); });
  return ir.CreateLoad(place->getType(), slot);
}

V WindowPlaces::read(const Position& element, V exists) {
  const Value* x = op_.operands[0];
  if (exists == nullptr) return emitter_.emit(x, element);
  if (emitter_.lanes() == 1) return emitter_.emit_guarded(x, element, exists, 0);
  exists = emitter_.both(emitter_.constant_of(DType::kPred, 1), exists);
  V read = nullptr;
  emitter_.under_mask(exists, [&] { read = emitter_.emit(x, element); });
  return emitter_.math().select(exists, read, emitter_.constant_of(dtype_, 0));
}

// Without NaNs. Whether there are any follows from the sum of 0 * x; nullptr: there are none.
V WindowPlaces::find_among_numbers(const Position& window, V& is_any_nan) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  V zero = emitter_.constant_of(dtype_, 0);
  V best = nullptr, zeros = zero;
  V place = emitter_.constant_of(DType::kI32, -1);
  bool is_found = false;  // in any case
  for (int64_t k = 0; k < places_of(window_); ++k) {
    const Position at = element(window, k / window_.window[1], k % window_.window[1]);
    V is_there = exists(at);
    if (ElementEmitter::is_never(is_there)) continue;
    V x = read(at, is_there);
    V greater = best == nullptr ? emitter_.constant_of(DType::kPred, 1) : emitter_.math().lt(dtype_, best, x);
    if (!is_found && best != nullptr)
      greater = ir.CreateOr(greater, ir.CreateICmpSLT(place, emitter_.constant_of(DType::kI32, 0)));
    if (is_there != nullptr) greater = emitter_.both(greater, is_there);
    is_found |= is_there == nullptr;
    best = best == nullptr ? x : ir.CreateSelect(greater, x, best);
    place = ir.CreateSelect(greater, emitter_.constant_of(DType::kI32, static_cast<double>(k)), place);
    if (is_float(dtype_)) zeros = emitter_.math().fma(x, zero, zeros);
  }
  if (is_float(dtype_) && best != nullptr) is_any_nan = ir.CreateFCmpUNO(zeros, zeros);
  return place;
}

V WindowPlaces::largest_in_loops(const Position& window) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  V zero = emitter_.constant_of(dtype_, 0);
  V none = emitter_.constant_of(DType::kI32, -1);
  V best_slot = emitter_.kernel().stack(zero->getType());
  V place_slot = emitter_.kernel().stack(none->getType());
  ir.CreateStore(zero, best_slot);
  ir.CreateStore(none, place_slot);
  walk([&](const Coord& i, const Coord& j) {
    const Position at = element(window, i, j);
    V is_there = exists(at);
    V x = read(at, is_there);
    V best = ir.CreateLoad(zero->getType(), best_slot);
    V place = ir.CreateLoad(none->getType(), place_slot);
    V greater =
        ir.CreateOr(exceeds(emitter_, dtype_, x, best), ir.CreateICmpSLT(place, emitter_.constant_of(DType::kI32, 0)));
    if (is_there != nullptr) greater = emitter_.both(greater, is_there);
    ir.CreateStore(ir.CreateSelect(greater, x, best), best_slot);
    ir.CreateStore(ir.CreateSelect(greater, number_of(i, j), place), place_slot);
  });
  return ir.CreateLoad(none->getType(), place_slot);
}

}  // namespace minnow

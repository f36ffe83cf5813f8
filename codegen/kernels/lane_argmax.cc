#include "codegen/kernels/lane_argmax.h"

#include <limits>
#include <numeric>

namespace minnow {
namespace {

using V = llvm::Value*;

constexpr int32_t kNone = std::numeric_limits<int32_t>::max();  // so far nothing has exceeded the start

}  // namespace

LaneArgMax::LaneArgMax(ElementEmitter& emitter, DType dtype)
    : emitter_(emitter), dtype_(dtype), best_(emitter, dtype, lowest(dtype)), places_(emitter, DType::kI32, kNone) {}

void LaneArgMax::take(const Coord& places, V elements) {
  V best = best_.get();
  V greater = emitter_.both(emitter_.mask(), exceeds(emitter_, dtype_, elements, best));
  V numbers = emitter_.per_lane(places);
  if (emitter_.lanes() == 1) numbers = emitter_.ir().CreateTrunc(numbers, emitter_.ir().getInt32Ty());
  best_.set(emitter_.math().select(greater, elements, best));
  places_.set(emitter_.math().select(greater, numbers, places_.get()));
}

// Of candidates that are alike, NaN among them, the first in the row.
LaneArgMax::Candidates LaneArgMax::larger(const Candidates& a, const Candidates& b) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  V b_exceeds = exceeds(emitter_, dtype_, b.best, a.best);
  V a_exceeds = exceeds(emitter_, dtype_, a.best, b.best);
  V is_earlier = ir.CreateICmpSLT(b.places, a.places);
  V takes_b = ir.CreateOr(b_exceeds, ir.CreateAnd(ir.CreateNot(a_exceeds), is_earlier));
  return {ir.CreateSelect(takes_b, b.best, a.best), ir.CreateSelect(takes_b, b.places, a.places)};
}

V LaneArgMax::place() {
  llvm::IRBuilder<>& ir = emitter_.ir();
  Candidates found{best_.get(), places_.get()};
  for (int width = emitter_.lanes() / 2; width >= 1; width /= 2) {
    llvm::SmallVector<int, 16> low(static_cast<size_t>(width)), high(static_cast<size_t>(width));
    std::iota(low.begin(), low.end(), 0);
    std::iota(high.begin(), high.end(), width);
    const auto part = [&](const llvm::SmallVector<int, 16>& lanes) {
      return Candidates{ir.CreateShuffleVector(found.best, lanes), ir.CreateShuffleVector(found.places, lanes)};
    };
    found = larger(part(low), part(high));
  }
  V place = emitter_.lanes() == 1 ? found.places : ir.CreateExtractElement(found.places, uint64_t{0});
  return ir.CreateSelect(ir.CreateICmpEQ(place, ir.getInt32(kNone)), ir.getInt32(0), place);
}

}  // namespace minnow

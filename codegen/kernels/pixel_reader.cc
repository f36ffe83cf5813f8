#include "codegen/kernels/pixel_reader.h"

#include <llvm/IR/Constants.h>

#include <algorithm>

namespace minnow {
namespace {

using V = llvm::Value*;

bool is_there(int64_t place) { return place >= 0; }

// A vector at `first`, under a mask where lanes are to be zero or would lie outside.
V load_run(ElementEmitter& emitter, V input, int64_t elements, const Places& places, int64_t first) {
  const bool is_inside = first >= 0 && first + std::ssize(places) <= elements;
  std::vector<llvm::Constant*> mask;
  for (const int64_t place : places)
    mask.push_back(emitter.ir().getInt1(is_inside ? place != kNothing : is_there(place)));
  const bool is_whole = std::ranges::all_of(mask, [](llvm::Constant* bit) { return bit->isOneValue(); });
  V vector = nullptr;
  emitter.under_mask(is_whole ? nullptr : llvm::ConstantVector::get(mask),
                     [&] { vector = emitter.load(input, DType::kF32, {nullptr, first, 1}); });
  return vector;
}

}  // namespace

// All that there is may be less than a vector.
V read_pixels(ElementEmitter& emitter, V input, int64_t elements, const Places& places) {
  if (std::ranges::none_of(places, is_there)) return nullptr;
  if (const auto run = run_of(places)) return load_run(emitter, input, elements, places, *run);
  const bool is_short = elements < std::ssize(places);
  V mask = is_short ? emitter.first_lanes(emitter.kernel().index(elements)) : nullptr;
  return put_together(emitter, places, pieces_of(places, elements), [&](int64_t begin) {
    V piece = nullptr;
    emitter.under_mask(mask, [&] { piece = emitter.load(input, DType::kF32, {nullptr, begin, 1}); });
    return piece;
  });
}

// A lane of which nobody uses anything has the first piece's, so that the vector needs no shuffle for it.
V put_together(ElementEmitter& emitter, const Places& places, const std::vector<int64_t>& pieces,
               const std::function<V(int64_t)>& piece_at) {
  const int64_t lanes = std::ssize(places);
  V vector = emitter.constant_of(DType::kF32, 0);
  Places missing = places;
  for (const int64_t begin : pieces) {
    llvm::SmallVector<int, 16> from;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      int64_t& place = missing[static_cast<size_t>(lane)];
      if (place == kAnything) place = begin + lane;
      const bool is_here = place >= begin && place < begin + lanes;
      from.push_back(static_cast<int>(is_here             ? lanes + place - begin
                                      : place == kNothing ? lane
                                                          : llvm::PoisonMaskElem));
      if (is_here) place = kNothing;  // more
    }
    vector = emitter.ir().CreateShuffleVector(vector, piece_at(begin), from);
  }
  return vector;
}

}  // namespace minnow

// The place of a row's first largest number, a vector of the row at a time: each lane keeps the largest of its own.
#pragma once

#include "codegen/element/accumulate.h"

namespace minnow {

class LaneArgMax {
 public:
  LaneArgMax(ElementEmitter& emitter, DType dtype);

  // These elements of the row, as far as the mask has them, at these places.
  void take(const Coord& places, llvm::Value* elements);
  // One i32.
  llvm::Value* place();

 private:
  struct Candidates {
    llvm::Value *best, *places;
  };
  Candidates larger(const Candidates& a, const Candidates& b);

  ElementEmitter& emitter_;
  DType dtype_;
  Accumulator best_, places_;
};

}  // namespace minnow

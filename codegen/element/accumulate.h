// What the rules of reductions, contractions and windows share: sums kept in a variable, and loops over the places of a
// window in any number of dimensions.
#pragma once

#include <functional>

#include "codegen/element/element_emitter.h"

namespace minnow {

// A variable that a loop accumulates into.
class Accumulator {
 public:
  Accumulator(ElementEmitter& emitter, DType dtype, double start);
  llvm::Value* get() { return emitter_.ir().CreateLoad(type_, slot_); }
  void set(llvm::Value* value) { emitter_.ir().CreateStore(value, slot_); }

 private:
  ElementEmitter& emitter_;
  llvm::Type* type_;
  llvm::Value* slot_;
};

// What a maximum starts at.
double lowest(DType dtype);
// a > b, where NaN is greater than all numbers.
llvm::Value* exceeds(ElementEmitter& emitter, DType dtype, llvm::Value* a, llvm::Value* b);

// The index at this position of `indices`, moved to the nearest of `size` rows.
llvm::Value* emit_row_index(ElementEmitter& emitter, const Value* indices, const Position& at, int64_t size);

// Loops over all places of a window, in row-major order: a coordinate for each of its dimensions.
void window_loops(ElementEmitter& emitter, const Shape& window, const std::function<void(const Position&)>& body);
// (position + low) / stride where that divides, as a coordinate of the smaller side; elsewhere `condition` is false.
Coord unstride(ElementEmitter& emitter, const Coord& at, int64_t stride, llvm::Value*& condition);

}  // namespace minnow

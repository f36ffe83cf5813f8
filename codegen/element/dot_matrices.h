// The elements of a dot by what they are to the product: row, column and depth, wherever these lie.
#pragma once

#include "codegen/element/element_emitter.h"

namespace minnow {

// Where an operand's term for depth k of the result's element `at` lies.
Position dot_operand_position(const Op& dot, size_t operand, const Position& at, const Coord& k);

// Of a product of matrices, at one index of its batch.
class DotMatrices {
 public:
  DotMatrices(ElementEmitter& emitter, const Op& dot);

  // From now on the product of this index of dot_sizes(dot).batch. The first one needs no choice.
  void choose(llvm::Value* index);

  llvm::Value* a(const Coord& m, const Coord& k) { return emit(0, result(m, zero_), k); }
  llvm::Value* b(const Coord& k, const Coord& n) { return emit(1, result(zero_, n), k); }
  Position result(const Coord& m, const Coord& n) const;

 private:
  llvm::Value* emit(size_t operand, const Position& at, const Coord& k) {
    return emitter_.emit(dot_.operands[operand], dot_operand_position(dot_, operand, at, k));
  }

  ElementEmitter& emitter_;
  const Op& dot_;
  Coord zero_;
  Position batch_;
};

}  // namespace minnow

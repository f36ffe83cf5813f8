// The places of a window in its picture, and which of them has the largest element.
#pragma once

#include <functional>

#include "codegen/element/element_emitter.h"
#include "ir/function.h"

namespace minnow {

class WindowPlaces {
 public:
  // Of a window_pick or window_spread; `emitter` computes what it reads.
  WindowPlaces(ElementEmitter& emitter, const Op& op);

  const WindowAttributes& window() const { return window_; }
  // Whether there are so many that they are walked by loops.
  bool are_many() const;
  int64_t number_of(int64_t i, int64_t j) const { return i * window_.window[1] + j; }

  // Where row i and column j of a window lie.
  Position element(const Position& window, int64_t i, int64_t j);
  Position element(const Position& window, const Coord& i, const Coord& j);
  // Whether there is such an element; nullptr if there is in any case.
  llvm::Value* exists(const Position& element);
  // visit(i, j) in loops: row by row.
  void walk(const std::function<void(const Coord&, const Coord&)>& visit);
  // i32: the number of place i, j.
  llvm::Value* number_of(const Coord& i, const Coord& j);
  // i32: the number of the place that window_pick's element of y goes to, of the first largest, NaN above all; -1 if
  // the window lies on padding alone.
  llvm::Value* largest(const Position& window);
  // The same, slowly and in little code.
  llvm::Value* largest_in_loops(const Position& window);

 private:
  llvm::Value* find_among_numbers(const Position& window, llvm::Value*& is_any_nan);
  llvm::Value* read(const Position& element, llvm::Value* exists);

  ElementEmitter& emitter_;
  const Op& op_;
  const WindowAttributes window_;
  const DType dtype_;
};

}  // namespace minnow

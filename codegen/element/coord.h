// Where an element lies: one coordinate per dimension, for all lanes of a vector at once.
#pragma once

#include <llvm/IR/Value.h>

#include <cstdint>
#include <vector>

namespace minnow {

// Lane l's index is variable + constant + l * step, or, if per_lane, element l of the vector `variable` (<W x i32>).
// Constants are kept apart, so that of elements which lie at fixed distances from each other one has its address
// computed, and the others' distances from it are part of the instructions that read them.
struct Coord {
  llvm::Value* variable = nullptr;  // as wide as addresses; nullptr: 0
  int64_t constant = 0;
  int64_t step = 0;
  bool per_lane = false;

  bool uniform() const { return step == 0 && !per_lane; }
  bool is_constant() const { return variable == nullptr && uniform(); }
  bool operator==(const Coord&) const = default;
};

// A coordinate per dimension of a tensor. Neighbouring dimensions that a loop runs as one are all in the last of
// them, the others are 0: for row-major memory that is the same element.
using Position = std::vector<Coord>;

}  // namespace minnow

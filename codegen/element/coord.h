// Where an element lies: one coordinate per dimension, for all lanes of a vector at once.
#pragma once

#include <llvm/IR/Value.h>

#include <cstdint>
#include <vector>

namespace minnow {

// Lane l's index is base + l * step (base: i64), or, if per_lane, element l of the vector base (<W x i32>).
struct Coord {
  llvm::Value* base = nullptr;
  int64_t step = 0;
  bool per_lane = false;

  bool uniform() const { return step == 0 && !per_lane; }
  bool operator==(const Coord&) const = default;
};

// A coordinate per dimension of a tensor. Neighbouring dimensions that a loop runs as one are all in the last of
// them, the others are 0: for row-major memory that is the same element.
using Position = std::vector<Coord>;

}  // namespace minnow

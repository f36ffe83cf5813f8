// Turns what is done for every example into one loop over blocks of examples: a `loop` op whose body works on 16
// examples at a time. All that such a block needs then stays in the second-level cache, kernels have an example per
// vector lane, and threads meet once per loop instead of once per op.
//
// Cuts networks that convolve or pool, where activations are large and weights small. Examples beyond the last whole
// block are done by ops of their own, and joined to the loop's results.
// Ops are divided into levels: one that needs a sum over all examples (batch normalization's mean) comes a level after
// the ops that are summed. Each level becomes a loop.
#pragma once

#include "ir/function.h"
#include "passes/group/remarks.h"

namespace minnow {

inline constexpr int64_t kBlockExamples = 16;

bool tile_batch(Function& function, Remarks* remarks = nullptr);

}  // namespace minnow

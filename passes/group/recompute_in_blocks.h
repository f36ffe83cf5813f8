// What one loop over blocks computes and a later one reads is kept, as a whole tensor that is written to memory and
// read again. Where it is a few cheap ops away from what is kept in any case, the later loop computes it again instead:
// of a batch norm and the activation behind it nothing is kept but the input.
#pragma once

#include <unordered_map>

#include "passes/group/batch_levels.h"

namespace minnow {

// Gives later loops ops of their own for such values, and removes those that none reads any more. The level of each
// op that it made.
std::unordered_map<const Op*, int> recompute_in_blocks(Function& function, const BatchLevels& levels);

}  // namespace minnow

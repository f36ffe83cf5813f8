// What compiled code asks of a map, which the interpreter does not: tile_batch makes no others, a person may.
#pragma once

#include "ir/function.h"

namespace minnow {

// Blocks of kBlockExamples; ops that keep an example per index of dimension 0; sums over examples only as summed
// results. An error names the op that does otherwise.
Status check_maps(const Function& function);

}  // namespace minnow

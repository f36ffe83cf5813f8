// Blocks are gone once a model is loaded: their layers stand where they are used, so that nothing behind this knows of
// them, and the model prints as plain layers.
#pragma once

#include "frontend/load/load_model.h"

namespace minnow {

// Puts the layers of a block in the place of each layer of the kind `use`, with their names behind its name and a dot,
// and with what the use sets. The place of a field that comes out of a block is that in the block and that of the use.
//
// Errors: no such block, a block that holds itself or no layers, names that a block does not know, inputs and
// parameters that are missing or unknown, more layers than a model may have.
Status expand_blocks(LoadedModel& loaded);

}  // namespace minnow

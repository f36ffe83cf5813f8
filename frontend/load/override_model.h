// Changes single fields of a loaded model from the command line: `--set training.learning_rate=0.05`.
#pragma once

#include <string_view>

#include "frontend/load/load_model.h"

namespace minnow {

// Applies one assignment "path=value". Inputs and layers are named by name or index:
//
//   training.batch_size=64              a number, true or false, the name of an enum value, or a string as it stands
//   layers.conv1.conv2d.kernel=3,5      a repeated field as a whole, in brackets or not; nothing behind '=' empties it
//   layers.stage1.filters=32            behind a layer that uses a block, what the use sets: its parameters and layers
//   layers.conv1.conv2d.kernel.1=5      one of them
//   layers.sum.inputs=["a", "b"]        texts may stand in quotes, as in the file
//   data.npy.inputs=[{name: "x" ...}]   all elements of a repeated message
//   training.adam={}                    a message in text format; choosing one of several alternatives drops the others
//   training.momentum.nesterov=true     messages on the way come into being
//
// On error `loaded` is unchanged. Afterwards where() of the field says "--set training.batch_size", or `where` if the
// assignment stands in a file.
Status set_field(LoadedModel& loaded, std::string_view assignment, const std::string& where = {});

}  // namespace minnow

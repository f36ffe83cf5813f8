// Weights in another framework's names and layouts, for files to be written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/safetensors.h"
#include "runtime/weights/name_table.h"

namespace minnow {

// All weights and states of a model, of whose tensors, by name, these are some. Of Minnow's names, they are as they
// are. A weight for which the framework has no name is an error.
Result<std::vector<NamedTensor>> rename_weights(const std::map<std::string, Tensor>& tensors, const LoadedModel& loaded,
                                                const LoweredModel& lowered, Naming names);

}  // namespace minnow

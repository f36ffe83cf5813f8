// Arrays of NumPy as inputs and targets of a network.
#pragma once

#include "runtime/data/load_data.h"

namespace minnow {

// Both splits of data.npy, each input and target from its own file.
Result<DataSplits> load_npy(const spec::Data& data, const LoadDataOptions& options);

}  // namespace minnow

// Arrays of NumPy as inputs and targets of a network.
#pragma once

#include <map>
#include <string>

#include "runtime/data/load_data.h"

namespace minnow {

// Both splits of data.npy, or that which trains alone where no files validate, each input and target from its own file.
Result<DataSplits> load_npy(const spec::Data& data, const LoadDataOptions& options);

// Inputs alone, [0] labels: a file for each input of the network by its name. Bytes are taken as those of `data` are.
Result<Dataset> load_npy_rows(const std::map<std::string, std::string>& files, const spec::Data& data,
                              const LoadDataOptions& options);

}  // namespace minnow

// Tables as examples of a network.
#pragma once

#include <string>
#include <vector>

#include "runtime/data/load_data.h"

namespace minnow {

// Both splits of data.csv, or the training table alone where no other is named. The training file says which classes
// there are, and in which order columns come.
Result<DataSplits> load_csv(const spec::Data::Csv& spec, const LoadDataOptions& options);

// The rows of a table of which the network is asked, with their labels where there are some, numbered by the classes'
// names; else with labels [0]. Columns go by the names of the training table, if that can be read.
Result<Dataset> load_csv_rows(const std::string& path, const spec::Data::Csv& spec, const LoadDataOptions& options,
                              const std::vector<std::string>& class_names);

}  // namespace minnow

// Where data files are looked for.
#pragma once

#include <string>
#include <vector>

#include "ir/error.h"

namespace minnow {

// `data_dir` (--data-dir; empty if not given), then $MINNOW_DATA, then ./data.
std::vector<std::string> data_roots(const std::string& data_dir);

// The first of ROOT/name, then ./name, that exists; an absolute name, or "-", is taken as it is. Otherwise an error
// that says where it was looked for.
Result<std::string> find_data_file(const std::string& name, const std::string& data_dir);

}  // namespace minnow

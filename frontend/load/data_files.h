// The files of examples that a model names.
#pragma once

#include <string>
#include <vector>

#include "frontend/schema/data.pb.h"

namespace minnow {

// As they are written, an array as "data.npz:x"; data without files have none.
struct DataFiles {
  std::vector<std::string> train, validation;
};
DataFiles files_of(const spec::Data& data);

// Whether the examples that validate are set apart of those in the files: data.idx, csv, npy and png_folder, where
// these name no others.
bool sets_validation_apart(const spec::Data& data);

}  // namespace minnow

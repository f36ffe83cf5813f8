// Where data files are looked for.
#pragma once

#include <string>
#include <vector>

#include "frontend/load/load_model.h"
#include "ir/error.h"

namespace minnow {

struct DataPlaces {
  std::string data_dir = {};              // --data-dir; empty if not given
  std::vector<std::string> folders = {};  // data.folders, as seen from here
  std::string beside = {};                // the folder of the model file; empty where there is none
};
// Of a model's data.
DataPlaces places_of(const LoadedModel& model, std::string data_dir);

// For named sets: data_dir, the folders, $MINNOW_DATA, ./data.
std::vector<std::string> data_roots(const DataPlaces& places);

// The first of ROOT/name that exists, beside the model file behind the folders, and in the working folder last; an
// absolute name, or "-", is taken as it is. Otherwise an error that says where it was looked for.
Result<std::string> find_data_file(const std::string& name, const DataPlaces& places);

// The folders in which the model's files were found, from the root on: what data.folders of a run that is kept has to
// say.
std::vector<std::string> folders_found(const spec::Data& data, const DataPlaces& places);

}  // namespace minnow

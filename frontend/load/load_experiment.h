// Reads an experiment file: every model that it names is loaded, changed and validated, every run that it refers to is
// there. Mistakes are told at their place in the file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/load/load_model.h"
#include "frontend/schema/experiment.pb.h"

namespace minnow {

struct LoadedExperiment {
  // Resolved: each run and each picture of memory holds its network, each program its text; pictures have names.
  Experiment experiment;
  std::string path;
  std::map<std::string, std::string> places;  // as in LoadedModel
  std::vector<LoadedModel> models;            // of the runs
  std::map<int, LoadedModel> measured;        // of the pictures of memory, by picture

  // Where the field was written, as LoadedModel::where.
  std::string where(std::string_view field_path) const;
};

// `assignments`, as for --set, change every model, after what the file says. `models_folder` holds the shipped ones.
Result<LoadedExperiment> load_experiment(const std::string& path, const std::vector<std::string>& assignments,
                                         const std::string& models_folder);

// The file in the opposite direction.
std::string experiment_to_text(const Experiment& experiment);

// Text protos in a folder, without their extension, sorted; behind them those of its zoo, if it has one.
std::vector<std::string> shipped_names(const std::string& folder);
// Where one of these lies.
std::string shipped_path(const std::string& folder, const std::string& name);

}  // namespace minnow

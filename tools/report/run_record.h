// A run folder as `report` finds it, whatever state it is in.
#pragma once

#include <string>
#include <vector>

#include "frontend/lower/lower_model.h"
#include "runtime/train/checkpoint.h"

namespace minnow {

enum class RunState { kFinished, kStoppedEarly, kUnfinished, kDiverged, kNotBegun, kDamaged };

struct RunRecord {
  std::string path, name;  // the name is that of the folder
  RunState state = RunState::kNotBegun;
  std::string note;  // the state in words: "unfinished: 2 of 5 epochs"
  Result<LoadedModel> model;
  Result<LoweredModel> lowered;  // for the model's batch size
  Result<std::vector<EpochMetrics>> history;
  Result<std::string> weights;  // the file: the best, else the last

  // Rows of the history, nullptr without one. The best epoch is that of best.safetensors.
  const EpochMetrics* best() const;
  const EpochMetrics* last() const;
  double seconds() const;  // of training
};

// What is damaged or missing within is an error within. An error itself: there is no such folder, or no run in it.
Result<RunRecord> read_run_record(const std::string& path);

}  // namespace minnow

// The curves of several training runs over each other.
#pragma once

#include <string>
#include <vector>

#include "runtime/checkpoint.h"
#include "runtime/plot/chart.h"

namespace minnow {

struct RunCurves {
  std::string name;
  std::vector<EpochMetrics> history;
};

// What to call the run in that folder: as the folder is called.
std::string run_name(const std::string& folder);

// Reads metrics.csv of a run folder, or such a file itself. The run is named as the folder is.
Result<RunCurves> read_run(const std::string& path);

enum class RunAxis { kEpoch, kStep, kTime };  // time is that of training, in seconds

// Loss and, if a run has it, accuracy. Of few runs both training and validation, of many only validation. The loss axis
// is logarithmic where losses lie far apart.
Chart runs_chart(const std::vector<RunCurves>& runs, RunAxis axis);

}  // namespace minnow

// The curves of several training runs over each other.
#pragma once

#include <string>
#include <vector>

#include "runtime/plot/chart.h"
#include "runtime/train/checkpoint.h"

namespace minnow {

struct RunCurves {
  std::string name;
  std::vector<EpochMetrics> history;
  bool has_perplexity = false;
};

// The last name in a path, also of one that ends in a slash: what a run, or a file, is called by.
std::string last_name(const std::string& path);

// Reads metrics.csv of a run folder, or such a file itself. The run is named as the folder is.
Result<RunCurves> read_run(const std::string& path);

enum class RunAxis { kEpoch, kStep, kTime };  // time is that of training, in seconds

// Loss and, if a run has them, accuracy and perplexity. Of few runs both training and validation, of many only
// validation. The axes of loss and perplexity are logarithmic where numbers lie far apart.
Chart runs_chart(const std::vector<RunCurves>& runs, RunAxis axis);

}  // namespace minnow

// One experiment from its file to its folder.
#pragma once

#include <string>
#include <vector>

#include "tools/command.h"
#include "tools/report/experiment_pictures.h"

namespace minnow {

struct ExperimentFlags {
  std::string file;  // a path, the name of a shipped one, or "all"
  std::vector<std::string> assignments;
  BackendFlags backend;
  DataFlags data;
  int jobs = 0;  // 0: as many as there are threads
  std::string out;
  bool resumes = false;
  bool overwrites = false;
  bool lists = false;
};

// What an experiment has come to.
struct ExperimentReport {
  std::string title;
  Sweep sweep;                         // its runs; may be none
  std::vector<DrawnPicture> pictures;  // in the order of the file
  bool is_interrupted = false;
  double seconds = 0;  // of everything

  int64_t epochs() const;  // of all runs
  std::string text() const;
  std::string markdown() const;
};

// Runs the experiment in `path` and leaves `folder`: experiment.textproto, which makes the same again, runs/,
// results.csv and curves.svg of the runs, the pictures with their tables, and results.md.
Result<ExperimentReport> run_experiment(const std::string& path, const ExperimentFlags& flags,
                                        const std::string& folder);

}  // namespace minnow

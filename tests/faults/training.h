// A training run that things happen to, beside one that nothing happens to.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace minnow::testing {

class FaultyTraining {
 public:
  // Trains `whole/` to its end, which fills the cache that all runs share.
  explicit FaultyTraining(int epochs = 2);

  Workbench& bench() { return bench_; }
  // `train m.textproto --out run`, after removing an earlier one.
  Outcome start(RunOptions options) { return start_with("", std::move(options)); }
  Outcome start_with(const std::string& flags, RunOptions options);
  // Goes on as a user would, with --resume or from the beginning where nothing was left.
  Outcome go_on(RunOptions options = {});
  // Every checkpoint below run/ can be read. Nothing is expected of a file that is not there.
  void expect_whole_checkpoints() const;
  // run/ is what whole/ is: weights, best weights, metrics but for the time, and no file besides.
  void expect_same_result() const;
  std::vector<std::string> temporary_files() const;

 private:
  Outcome run(const std::string& arguments, RunOptions options) const;

  Workbench bench_;
};

// The files of a run folder that must be equal, by name; of metrics.csv all columns but the time.
std::vector<std::pair<std::string, std::string>> results_of(const std::string& run_folder);

// How many, as the environment variable says, else `usual`.
int count_from_environment(const char* variable, int usual);

}  // namespace minnow::testing

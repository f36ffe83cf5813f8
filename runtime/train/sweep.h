// Runs trained beside each other: one model under every combination of some settings, or those of an experiment.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "frontend/load/load_experiment.h"
#include "runtime/cluster/communicator.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/result_table.h"

namespace minnow {

// A field of the model and the values it takes.
struct SweepAxis {
  std::string field;  // "training.learning_rate"
  std::string label;  // as the user named it
  std::vector<std::string> values;
};

// "FIELD=VALUE,VALUE,...". A field of `training` may be named without that word.
Result<SweepAxis> parse_sweep_axis(const std::string& text);

enum class RunEnd { kWaiting, kRunning, kFinished, kStoppedEarly, kDiverged, kFailed, kInterrupted };
std::string_view run_end_name(RunEnd end);

struct SweepRun {
  std::vector<std::string> values;  // one per axis
  std::string name;                 // "learning_rate=0.05 batch_size=32"
  std::string folder;               // below the sweep's, fit for a file system
  LoadedModel model;
  bool logs_gradients = false;  // into the run's folder, if there is one
  RunEnd end = RunEnd::kWaiting;
  std::vector<EpochMetrics> history;
  bool has_perplexity = false;
  std::string note;    // why it diverged or failed
  Error failure = {};  // of one that failed

  // The history's row of the best epoch, whose weights are kept; nullptr without one.
  const EpochMetrics* best() const;
  double seconds() const;  // of training
};

struct Sweep {
  std::string title;  // of its picture
  std::vector<SweepAxis> axes;
  std::vector<SweepRun> runs;  // the last axis changes fastest
};

// Every combination, each model read and validated.
Result<Sweep> plan_sweep(const std::string& path, const std::vector<std::string>& assignments,
                         std::vector<SweepAxis> axes);

// The runs of an experiment, one value of the axis "run" each; they lie in the folder runs/.
Sweep plan_runs(const LoadedExperiment& experiment);

struct SweepOptions {
  std::string folder;    // to leave a run folder per run, results.csv and curves.svg in; empty: nowhere
  bool resumes = false;  // skips what is finished in `folder`, and goes on with what was interrupted
  bool overwrites = false;
  int jobs = 1;     // runs at the same time
  int threads = 1;  // of each
  SessionOptions session;
  std::string data_dir;
  const std::atomic<bool>* interrupt = nullptr;
  // Called, by one thread at a time, when a run begins, has finished an epoch, or ends.
  std::function<void(const SweepRun&)> on_change = {};
  // Each trains one run after the other; the leader, which trains, too, hands them out and hears how they go. Each has
  // the same sweep and sees the same folder.
  Communicator* ranks = nullptr;
};

struct SweepOutcome {
  size_t functions_compiled = 0;  // runs share compiled code wherever their IR is the same
  bool is_interrupted = false;
  std::vector<std::string> notes = {};  // what was left out of the data, each once
};

// Trains every run that waits. One that diverges or fails is a row like any other. The leader's sweep alone hears of
// all.
Result<SweepOutcome> run_sweep(Sweep& sweep, const SweepOptions& options);

// What to say of a sweep with a run that failed: of the first one.
Status first_failure(const Sweep& sweep);
// A row per run, for people to read.
ResultTable sweep_table(const Sweep& sweep);
// A line per run: its settings, how it ended, loss and accuracy of validation at the end and at the best epoch, that
// epoch, seconds; final and best perplexity where a run has one.
std::string sweep_csv(const Sweep& sweep);

}  // namespace minnow

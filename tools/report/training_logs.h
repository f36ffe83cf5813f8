// What `train` writes of a run besides its metrics, where it is asked to: gradient norms, event files for TensorBoard.
#pragma once

#include "runtime/train/gradient_log.h"
#include "runtime/train/run_folder.h"
#include "runtime/train/tensorboard_log.h"
#include "tools/flags/flags.h"

namespace minnow {

struct LogFlags {
  bool gradients = false;
  std::string format;  // empty: none

  void add(CLI::App& app);
  // The flag that needs a run folder, or empty.
  std::string first() const;
};

// The run as it stands when the logs begin.
struct LoggedRun {
  const RunFolder& folder;
  Session& session;
  const Dataset& data;  // what it trains on
  const TrainingState& state;
};

class TrainingLogs {
 public:
  // The logs asked for, going on with what the run folder holds of them.
  static Result<TrainingLogs> open(const LogFlags& flags, const LoggedRun& run, const SessionOptions& options,
                                   ThreadPool& pool);

  // Takes down an epoch that is done. What goes wrong ends the logs, not the training: see status().
  void record(const EpochMetrics& row);
  // The first thing that went wrong.
  const Status& status() const { return status_; }

 private:
  explicit TrainingLogs(const LoggedRun& run)
      : folder_(run.folder.path()), title_(run.session.model().model.name()), examples_(run.data.size()) {}
  Status write(const EpochMetrics& row);

  std::string folder_, title_;
  int64_t examples_ = 0;
  std::optional<GradientLog> gradients_;
  std::optional<TensorBoardLog> tensorboard_;
  Status status_;
};

}  // namespace minnow

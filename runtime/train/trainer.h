// The training loop: epochs of shuffled batches, validation after each, a run folder, and a way back from any
// stop.
#pragma once

#include <functional>
#include <optional>

#include "runtime/cluster/communicator.h"
#include "runtime/data/dataset.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/progress.h"
#include "runtime/train/run_folder.h"

namespace minnow {

// What a step came to, and where in the run it stands.
struct StepMetrics {
  int64_t epoch = 0;  // from 1
  int64_t step = 0;   // done since the start
  int64_t steps_per_epoch = 0;
  double learning_rate = 0;
  double loss = 0;      // mean over the batch
  double accuracy = 0;  // over the epoch so far, as is the next
  double mean_loss = 0;
};

struct TrainerOptions {
  const RunFolder* folder = nullptr;      // nullptr leaves nothing behind
  InterruptFlag interrupt = nullptr;      // set by a signal: finish the step, save, stop
  std::optional<int64_t> last_step = {};  // save and stop once so many steps are done, counted from the first
  Progress* progress = nullptr;
  std::function<void(const EpochMetrics&)> on_epoch = {};  // called when an epoch is done
  std::function<void(const StepMetrics&)> on_step = {};    // called when a step is done
  std::optional<int64_t> epochs = {};                      // counted from the first, in place of training.epochs
  // Those that train together, each with the same data and state; one of them, the leader, has the folder. All stop
  // where one is interrupted.
  Communicator* ranks = nullptr;
};

enum class TrainingEnd { kFinished, kStoppedEarly, kReachedStep, kInterrupted };

struct TrainingOutcome {
  TrainingEnd end = TrainingEnd::kFinished;
  TrainingState state;
};

// Trains from `state` on, as the session's model says. Without examples to validate on, their loss and accuracy are
// NaN. A loss that is no longer finite, in a step or on the validation data, and a weight or state of an optimiser that
// is not when an epoch ends, is an Error with ExitCode::kMismatch that names the step and the first value that went
// bad; nothing is saved then.
Result<TrainingOutcome> train(Session& session, const DataSplits& data, const TrainerOptions& options,
                              TrainingState state = {});

}  // namespace minnow

// A training run at rest: every tensor of the session and where in the run it stands. One safetensors file,
// written atomically, from which training goes on as if it had never stopped.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "runtime/session.h"
#include "runtime/weights/name_table.h"

namespace minnow {

// One line of metrics.csv. Losses are means over examples, accuracies fractions.
struct EpochMetrics {
  int64_t epoch = 0;  // from 1
  int64_t steps = 0;  // done since the start
  double learning_rate = 0;
  double train_loss = 0;
  double train_accuracy = 0;
  double validation_loss = 0;
  double validation_accuracy = 0;
  double seconds = 0;  // of training, evaluation apart

  // Means something where the network's loss has a perplexity.
  double train_perplexity() const { return std::exp(train_loss); }
  double validation_perplexity() const { return std::exp(validation_loss); }
  bool operator==(const EpochMetrics&) const = default;
};

// What a run remembers besides its tensors.
struct TrainingState {
  int64_t step = 0;            // steps done since the start
  int64_t batch_in_epoch = 0;  // batches done of the epoch under way
  int64_t batch_size = 0;      // of that epoch
  double loss_sum = 0;         // over what counts of the epoch under way
  double correct_sum = 0;
  std::vector<EpochMetrics> history;
  double weight_sum = 0;  // what loss_sum is divided by, as of BatchOutcome
};

// `class_names` are those of the data: the network knows its classes by number only.
Status save_checkpoint(const std::string& path, const Session& session, const TrainingState& state,
                       const std::vector<std::string>& class_names = {});

// Restores weights and running statistics, for eval and predict, from a file in these names or those that it seems to
// have (match_weights.h). The first tensor that is missing, surplus, of another shape or not finite is named. Optimiser
// state may be absent. The names of the classes come back, if the file has them.
Result<std::vector<std::string>> load_weights(const std::string& path, Session& session,
                                              std::optional<Naming> names = std::nullopt);

// Where a run begins if its model says `weights_from`: loads those, part of them if it is `partial`. What matched,
// which also comes back with what is an error then; nullopt if the model does not say so.
struct FirstWeights {
  std::string table;
  Status status;
};
Result<std::optional<FirstWeights>> load_first_weights(Session& session);

// Restores everything; the names of the classes are those that the file has, or none.
struct Checkpoint {
  TrainingState state;
  std::vector<std::string> class_names;
};
Result<Checkpoint> restore_checkpoint(const std::string& path, Session& session);
Result<TrainingState> load_checkpoint(const std::string& path, Session& session);

}  // namespace minnow

// A training run as TensorBoard shows it: losses, accuracies, learning rate and speed, the norms of each layer's
// weights and gradient, and how the numbers of every weight and of its gradient are spread, all by epoch.
#pragma once

#include "runtime/tensorboard/event_file.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/gradient_probe.h"

namespace minnow {

class TensorBoardLog {
 public:
  // Begins an event file in the folder of a run of which `epochs_done` epochs are done. If there are none, it tells of
  // weights and gradients before training. `probe` keeps its gradients; `session` is its session.
  static Result<TensorBoardLog> create(const std::string& folder, int64_t epochs_done, const Session& session,
                                       GradientProbe probe);

  // What is known when an epoch is done. `examples` are those of an epoch.
  Status record(const EpochMetrics& row, int64_t examples);

 private:
  TensorBoardLog(EventFile file, const Session& session, GradientProbe probe)
      : file_(std::move(file)), session_(&session), probe_(std::move(probe)) {}
  Status add_network(tensorboard::Summary& summary);

  EventFile file_;
  const Session* session_;
  GradientProbe probe_;
};

}  // namespace minnow

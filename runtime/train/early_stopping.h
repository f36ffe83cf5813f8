// Which epoch of a run is the best, and whether training should end before its last.
#pragma once

#include <cstdint>
#include <span>

#include "frontend/schema/training.pb.h"
#include "runtime/train/checkpoint.h"

namespace minnow {

// Whether epochs are compared by accuracy, or by loss: as `training.early_stopping` says, else by accuracy where there
// is one, but by loss where its exponential is told, the perplexity.
bool tells_by_accuracy(const spec::Training& training, bool classifies, bool has_perplexity);
bool tells_by_accuracy(const spec::Training& training, const LoweredModel& network);

// The first epoch that no later one has beaten by more than `margin`, by accuracy of a network that `classifies`, or by
// loss, as `training.early_stopping` says; 0 if there is none yet.
int64_t best_epoch(const spec::Training& training, bool classifies, std::span<const EpochMetrics> history,
                   double margin = 0);

// The row of that epoch; nullptr if there is none yet.
const EpochMetrics* best_row(const spec::Training& training, bool classifies, std::span<const EpochMetrics> history);

// Whether the model's rule for stopping early is met.
bool has_stopped_improving(const spec::Training& training, bool classifies, std::span<const EpochMetrics> history);

}  // namespace minnow

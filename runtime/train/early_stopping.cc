#include "runtime/train/early_stopping.h"

#include <algorithm>

namespace minnow {

bool tells_by_accuracy(const spec::Training& training, bool classifies, bool has_perplexity) {
  const bool asks =
      training.has_early_stopping() && training.early_stopping().metric() == spec::EarlyStopping::VALIDATION_ACCURACY;
  return classifies && (asks || !has_perplexity);
}

bool tells_by_accuracy(const spec::Training& training, const LoweredModel& network) {
  return tells_by_accuracy(training, network.classifies, network.has_perplexity);
}

int64_t best_epoch(const spec::Training& training, bool classifies, std::span<const EpochMetrics> history,
                   double margin) {
  const bool stops_by_loss =
      training.has_early_stopping() && training.early_stopping().metric() == spec::EarlyStopping::VALIDATION_LOSS;
  const bool by_accuracy = classifies && !stops_by_loss;
  const auto score = [&](const EpochMetrics& row) {
    return by_accuracy ? row.validation_accuracy : -row.validation_loss;
  };
  size_t best = 0;
  for (size_t i = 1; i < history.size(); ++i)
    if (score(history[i]) > score(history[best]) + margin) best = i;
  return history.empty() ? 0 : history[best].epoch;
}

const EpochMetrics* best_row(const spec::Training& training, bool classifies, std::span<const EpochMetrics> history) {
  const auto found = std::ranges::find(history, best_epoch(training, classifies, history), &EpochMetrics::epoch);
  return found == history.end() ? nullptr : &*found;
}

bool has_stopped_improving(const spec::Training& training, bool classifies, std::span<const EpochMetrics> history) {
  if (!training.has_early_stopping()) return false;
  const auto& rule = training.early_stopping();
  const auto done = static_cast<int64_t>(history.size());
  return done - best_epoch(training, classifies, history, rule.min_delta()) >= rule.patience();
}

}  // namespace minnow

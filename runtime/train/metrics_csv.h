// metrics.csv: the history of a run as a table, a row per epoch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/train/checkpoint.h"

namespace minnow {

// Which columns there are beside those of every network.
struct MetricColumns {
  bool accuracy = false;    // of a network that tells classes apart
  bool perplexity = false;  // exp(loss)

  static MetricColumns of(const LoweredModel& network) { return {network.classifies, network.has_perplexity}; }
};

std::string metrics_csv(const std::vector<EpochMetrics>& history, const MetricColumns& columns);

struct MetricsTable {
  std::vector<EpochMetrics> history;
  MetricColumns columns;
};
// Reads that back; `where` names it in errors. Columns are found by name; an accuracy that has none is 0.
Result<MetricsTable> parse_metrics_csv(std::string_view text, const std::string& where);
// Whether they are of a network that tells classes apart.
bool has_accuracy(const std::vector<EpochMetrics>& history);

}  // namespace minnow

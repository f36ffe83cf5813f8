// metrics.csv: the history of a run as a table, a row per epoch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/train/checkpoint.h"

namespace minnow {

// A network that does not tell classes apart has no columns for accuracy.
std::string metrics_csv(const std::vector<EpochMetrics>& history, bool classifies);
// Reads that back; `where` names it in errors. Columns are found by name; an accuracy that has none is 0.
Result<std::vector<EpochMetrics>> parse_metrics_csv(std::string_view text, const std::string& where);
// Whether they are of a network that tells classes apart.
bool has_accuracy(const std::vector<EpochMetrics>& history);

}  // namespace minnow

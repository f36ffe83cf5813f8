// What a user should see before a network is trained on data.
#pragma once

#include <string>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

// What readers decided by themselves, and what makes this training pointless in part though it runs: each a line.
std::vector<std::string> training_notes(const Session& session, const DataSplits& data);

}  // namespace minnow

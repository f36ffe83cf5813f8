// What a user should see before a network is trained on data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

struct NamedSplit {
  std::string_view name;
  const Dataset* data;
};

// What readers decided by themselves, and what makes this training pointless in part though it runs: each a line.
std::vector<std::string> training_notes(const Session& session, const DataSplits& data);

// What is left of examples where every batch has one size, "the network takes 4 examples at a time, which leaves out 1
// of 5 validation examples"; empty where nothing is.
std::string left_out(const Session& session, const std::vector<NamedSplit>& splits);

}  // namespace minnow

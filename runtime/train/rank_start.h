// How ranks begin to train: sure that they have the same things, and from the same tensors.
#pragma once

#include "runtime/cluster/agreement.h"
#include "runtime/data/dataset.h"
#include "runtime/train/checkpoint.h"

namespace minnow {

// An error names the first rank that has another program, another processor to compile for, another model or other
// data.
Status check_ranks_alike(Communicator& ranks, const Session& session, const DataSplits& data, const CodeOptions& code);

// The same of ranks that train apart, each a run of a sweep at a time: program and processor, and `sweep`, which tells
// all runs from others.
Status check_ranks_alike(Communicator& ranks, const std::string& sweep, const CodeOptions& code);

// Every rank gets the leader's tensors, which only it has read from files, and where in the run they stand.
Status start_like_leader(Communicator& ranks, Session& session, TrainingState& state);

}  // namespace minnow

// How ranks begin to train: sure that they have the same things, and from the same tensors.
#pragma once

#include "runtime/cluster/agreement.h"
#include "runtime/data/dataset.h"
#include "runtime/train/checkpoint.h"

namespace minnow {

// An error names the first rank that has another program, another processor to compile for, another model or other
// data.
Status check_ranks_alike(Communicator& ranks, const Session& session, const DataSplits& data, const CodeOptions& code);

// The same of ranks without data in common, or with something else: program, processor and `work`.
Status check_ranks_alike(Communicator& ranks, Likeness work, const CodeOptions& code);
// Of a text that is too long to be shown where it differs.
std::string hash_text(std::string_view text);

// Every rank gets the leader's tensors, which only it has read from files, and where in the run they stand.
Status start_like_leader(Communicator& ranks, Session& session, TrainingState& state);

}  // namespace minnow

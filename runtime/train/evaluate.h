// Loss and accuracy of a session's weights on examples, and whether these are what its network takes.
#pragma once

#include "runtime/cluster/communicator.h"
#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

// The examples have the shape, and the targets the type, that the session's network is built for.
Status check_data_fits(const Session& session, const DataSplits& data);
// That of the examples alone.
Status check_inputs_fit(const Session& session, const Dataset& data);

// Where all batches have one size, as a program's, the examples make at least one.
Status check_fills_batch(const Session& session, const Dataset& data);

// How many examples of a dataset evaluate() sees: all, but for a program whole batches.
int64_t evaluated_examples(const Session& session, const Dataset& data);

struct Evaluation {
  double loss = 0;
  double accuracy = 0;
};

// Of sums over all that counts, which may be nothing.
Evaluation mean_of(const Session& session, const BatchOutcome& sums);

// Mean loss and accuracy over a dataset, which for a program must fill a batch. A loss that is not finite is an Error
// with ExitCode::kMismatch that names the first value that went bad.
// Ranks that evaluate together end when one of them is interrupted.
Result<Evaluation> evaluate(Session& session, const Dataset& data, InterruptFlag interrupt = nullptr,
                            Communicator* ranks = nullptr);

}  // namespace minnow

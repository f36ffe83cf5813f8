// A sweep's runs on other ranks. The leader sends the number of a run; its rank trains it, tells of each epoch, hears
// whether to go on, and tells how it ended.
#pragma once

#include "runtime/train/run_trainer.h"

namespace minnow {

// For the leader: has `rank` train run `number`; how that ended is as of RunTrainer::train. Errors: the rank is gone.
Result<Result<RunEnd>> train_on(Communicator& ranks, int rank, int64_t number, const RunListener& listener,
                                const std::function<bool()>& stops);
Status tell_no_more(Communicator& ranks, int rank);

// For the others: trains what the leader asks for until there is no more.
Status train_for_leader(Communicator& ranks, const Sweep& sweep, RunTrainer& trainer, InterruptFlag interrupt);

}  // namespace minnow

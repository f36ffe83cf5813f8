// The ranks that a launcher, such as mpirun, has started this process as one of. The first one, the leader, speaks for
// all: what the others write goes nowhere.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "ir/error.h"
#include "runtime/cluster/rank_group.h"

namespace minnow {

// Called first of all, with the words of the command line: joins the others, if there are any.
Status join_ranks(const std::vector<std::string>& words);
// nullptr in a process of its own.
RankGroup* this_group();
Communicator* this_communicator();

// Tells the error, if the command came to one, and ends the process together with the others: what to exit with.
int leave_ranks(const Result<ExitCode>& result);

// Refuses a command that is of one process.
Status check_runs_on_ranks(const std::string& command, bool does);

// --timeout, which join_ranks() has read already.
void add_timeout_flag(CLI::App& app);

}  // namespace minnow

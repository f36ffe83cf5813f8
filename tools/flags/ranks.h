// The ranks that a launcher, such as mpirun, has started this process as one of. The first one, the leader, speaks for
// all: what the others write goes nowhere.
#pragma once

#include <CLI/CLI.hpp>

#include "ir/error.h"
#include "runtime/cluster/cluster.h"

namespace minnow {

// Called first of all: joins the others, if there are any.
Status join_ranks();
// nullptr in a process of its own.
Cluster* this_cluster();
Communicator* this_communicator();

// Tells the error, if the command came to one, and ends the process together with the others: what to exit with.
int leave_ranks(const Result<ExitCode>& result);

// Refuses a command that is of one process.
Status check_runs_on_ranks(const std::string& command, bool does);

// --timeout.
struct RanksFlags {
  double timeout = 60;  // seconds

  void add(CLI::App& app);
  // For commands that begin to work.
  void apply() const;
};

}  // namespace minnow

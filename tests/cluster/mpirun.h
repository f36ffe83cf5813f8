// minnow as several ranks, started by mpirun.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace minnow::testing {

// Why tests with ranks are skipped; empty where they run.
std::string why_no_ranks();
#define SKIP_WITHOUT_RANKS() \
  if (const std::string why = minnow::testing::why_no_ranks(); !why.empty()) GTEST_SKIP() << why

// Options that start minnow as `ranks` ranks, on however few cores. Before each becomes minnow it writes its process
// number to the file pid.RANK, and runs `before`, words of a shell that knows its rank as $rank.
RunOptions on_ranks(int ranks, const std::string& before = "");

// The process of a rank, once it has come so far.
int process_of(const Workbench& bench, int rank);

// What minnow itself wrote to stderr: without the words of mpirun.
std::string words_of_minnow(const std::string& err);

}  // namespace minnow::testing

// minnow as several ranks, started by mpirun.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/program.h"

namespace minnow::testing {

// Why tests with ranks are skipped; empty where they run.
std::string why_no_ranks();
#define SKIP_WITHOUT_RANKS() \
  if (const std::string why = minnow::testing::why_no_ranks(); !why.empty()) GTEST_SKIP() << why

// Options that start minnow as `ranks` ranks, on however few cores. Before each becomes minnow it writes its process
// number to the file pid.RANK, and runs `before`, words of a shell that knows its rank as $rank.
RunOptions on_ranks(int ranks, const std::string& before = "");

// The name of the file with a rank's process number.
std::string process_file(int rank);

// What minnow itself wrote to stderr: without the words of mpirun.
std::string words_of_minnow(const std::string& err);

// A classifier of glyphs that has these layers before its last one.
std::string glyphs_model(const std::string& layers, const std::string& training, int train_examples,
                         int validation_examples);

// Has a folder in which minnow runs, as one process or as ranks that keep their code in one cache.
class RanksTest : public ::testing::Test {
 protected:
  Outcome run(int ranks, const std::string& arguments, const std::string& before = "") const {
    return run(arguments, ranks == 1 ? RunOptions{} : on_ranks(ranks, before));
  }
  Outcome run(const std::string& arguments, RunOptions options) const;

  Workbench bench_;
};

}  // namespace minnow::testing

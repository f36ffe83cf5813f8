// Ranks that are killed, or stopped, while others wait for them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <random>

#include "tests/cluster/mpirun.h"
#include "tests/faults/training.h"

namespace minnow::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class FaultyRanks : public ::testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_RANKS(); }

  const Workbench& bench() { return training_.bench(); }
  // Options that start as many ranks, and send one of them a signal.
  RunOptions disturbed(int ranks, int rank, int signal) {
    for (int r = 0; r < ranks; ++r) fs::remove(bench().path() + "/" + process_file(r));
    RunOptions options = on_ranks(ranks);
    options.signal = signal;
    options.process_file = process_file(rank);
    return options;
  }
  Outcome go_on(int ranks) { return training_.go_on(ranks == 1 ? RunOptions{} : on_ranks(ranks)); }
  // By us, or by the launcher that has seen it die.
  static bool names(const std::string& err, int rank) {
    const std::string number = std::to_string(rank);
    return err.find("rank " + number + " (") != std::string::npos ||
           err.find("process rank " + number) != std::string::npos;
  }

  FaultyTraining training_{/*epochs=*/6};
};

// MINNOW_FAULT_RANK_KILLS says how many.
TEST_F(FaultyRanks, ThatAreKilledAtRandomMomentsAreNamedAndGoOnWithAnotherNumber) {
  const int kills = count_from_environment("MINNOW_FAULT_RANK_KILLS", 3);
  const auto begin = Clock::now();
  ASSERT_EQ(training_.start(on_ranks(3)).exit_code, 0);
  const auto usual = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
  std::mt19937 random(7);
  const auto draw = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int i = 0; i < kills; ++i) {
    const int ranks = static_cast<int>(draw(2, 4)), rank = static_cast<int>(draw(0, ranks - 1));
    RunOptions killed = disturbed(ranks, rank, SIGKILL);
    killed.delay = std::chrono::microseconds(draw(0, usual));
    SCOPED_TRACE(fmt::format("kill {}: rank {} of {} after {} us", i, rank, ranks, killed.delay.count()));
    const auto start = Clock::now();
    const Outcome outcome = training_.start(killed);
    EXPECT_LT(Clock::now() - start, killed.delay + 45s) << "it was the silence that they noticed";
    EXPECT_TRUE(outcome.exit_code == 0 || names(outcome.err, rank)) << outcome.err;
    training_.expect_whole_checkpoints();
    const Outcome rest = go_on(static_cast<int>(draw(1, 3)));
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    training_.expect_same_result();
  }
}

// They are stopped when they train: whoever comes late is given no more time than one that falls silent.
TEST_F(FaultyRanks, ThatAreStoppedAreNamedByTheOthers) {
  for (const int rank : {0, 2}) {
    RunOptions stopped = disturbed(3, rank, SIGSTOP);
    stopped.file = "run/weights.safetensors";
    const Outcome outcome = training_.start_with("--timeout 10 --epochs 100000", stopped);
    const std::string words = words_of_minnow(outcome.err);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_NE(words.find(fmt::format("rank {} (", rank)), std::string::npos) << outcome.err;
    EXPECT_NE(words.find("has been silent for 10 s"), std::string::npos) << outcome.err;
    EXPECT_EQ(count_of(words, "error: "), 1) << outcome.err;
    training_.expect_whole_checkpoints();
  }
}

TEST_F(FaultyRanks, ThatCannotWriteSayWhereAndEndAlike) {
  training_.bench().write("blocked", "");
  const Outcome outcome = bench().run("train m.textproto --out blocked/run", on_ranks(3));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(count_of(words_of_minnow(outcome.err), "error: "), 1) << outcome.err;
}

}  // namespace
}  // namespace minnow::testing

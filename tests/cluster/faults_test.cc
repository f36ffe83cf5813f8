// Ranks that are killed, or stopped, while others wait for them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <random>
#include <thread>

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
  // Starts as many ranks, and sends one of them a signal after a while.
  Outcome disturb(int ranks, int rank, int signal, std::chrono::microseconds delay, const std::string& more = "") {
    for (int r = 0; r < 8; ++r) fs::remove(bench().path() + "/pid." + std::to_string(r));
    auto running =
        std::async(std::launch::async, [&] { return training_.start_with("--timeout 2" + more, on_ranks(ranks)); });
    const int process = process_of(bench(), rank);
    std::this_thread::sleep_for(delay);
    ::kill(process, signal);
    return running.get();
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
    const std::chrono::microseconds delay(draw(0, usual));
    SCOPED_TRACE(fmt::format("kill {}: rank {} of {} after {} us", i, rank, ranks, delay.count()));
    const auto start = Clock::now();
    const Outcome outcome = disturb(ranks, rank, SIGKILL, delay);
    EXPECT_LT(Clock::now() - start, delay + 30s);
    EXPECT_TRUE(outcome.exit_code == 0 || names(outcome.err, rank)) << outcome.err;
    training_.expect_whole_checkpoints();
    const Outcome rest = go_on(static_cast<int>(draw(1, 3)));
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    training_.expect_same_result();
  }
}

TEST_F(FaultyRanks, ThatAreStoppedAreNamedByTheOthers) {
  for (const int rank : {0, 2}) {
    const Outcome outcome = disturb(3, rank, SIGSTOP, 1500ms, " --epochs 100000");
    const std::string words = words_of_minnow(outcome.err);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_NE(words.find(fmt::format("rank {} (", rank)), std::string::npos) << outcome.err;
    EXPECT_NE(words.find("has been silent for 2 s"), std::string::npos) << outcome.err;
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

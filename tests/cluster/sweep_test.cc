// Sweeps whose runs are handed to ranks, or to Slurm.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/cluster/mpirun.h"
#include "tests/faults/training.h"

namespace minnow::testing {
namespace {

namespace fs = std::filesystem;

class SweptOnRanks : public RanksTest {
 protected:
  SweptOnRanks() {
    bench_.write("m.textproto", glyphs_model(R"(layers { name: "pool" max_pool { kernel: 4 } })",
                                             "learning_rate: 0.01 batch_size: 20 epochs: 2", 200, 50));
  }
  static std::string arguments(const std::string& more) {
    return "sweep m.textproto --grid learning_rate=0.01,0.1,0.2 --grid batch_size=20,40 " + more;
  }
  Outcome sweep(int ranks, const std::string& more, const std::string& before = "") const {
    return run(ranks, arguments(more), before);
  }
  // Of all runs' folders, and what their table says.
  void expect_same(const std::string& sweep, const std::string& other) const {
    int runs = 0;
    for (const auto& entry : fs::directory_iterator(bench_.path() + "/" + other)) {
      if (!entry.is_directory()) continue;
      ++runs;
      const std::string name = entry.path().filename();
      EXPECT_TRUE(results_of(bench_.path() + "/" + sweep + "/" + name) == results_of(entry.path())) << name;
    }
    EXPECT_EQ(runs, 6);
  }
};

TEST_F(SweptOnRanks, RunsAreThoseOfOneProcess) {
  SKIP_WITHOUT_RANKS();
  ASSERT_EQ(sweep(1, "--out alone").exit_code, 0);
  const Outcome outcome = sweep(3, "--out shared");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(count_of(outcome.err, "  finished  "), 6) << outcome.err;
  EXPECT_EQ(count_of(outcome.out, "shared/results.csv"), 1);
  expect_same("shared", "alone");
}

TEST_F(SweptOnRanks, GoOnWithAnotherNumberAfterAnInterruption) {
  SKIP_WITHOUT_RANKS();
  ASSERT_EQ(sweep(1, "--epochs 80 --out alone").exit_code, 0);
  RunOptions interrupted = on_ranks(3);
  interrupted.signal = SIGTERM;
  interrupted.process_file = process_file(2);
  interrupted.file = "shared/learning_rate=0.01,batch_size=20/metrics.csv";
  const Outcome outcome = run(arguments("--epochs 80 --out shared"), interrupted);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(count_of(outcome.err, "go on with the same command and --resume"), 1) << outcome.err;
  const Outcome rest = sweep(2, "--epochs 80 --out shared --resume");
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_same("shared", "alone");
}

TEST_F(SweptOnRanks, SayAMistakeOnce) {
  SKIP_WITHOUT_RANKS();
  const Outcome bad = sweep(3, "--set layers.fc.dense.units=0");
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(count_of(words_of_minnow(bad.err), "error: "), 1) << bad.err;
  const Outcome failed = sweep(3, "--set data.builtin=LINEAR");  // of other shapes
  EXPECT_EQ(failed.exit_code, 1) << failed.err;
  EXPECT_EQ(count_of(words_of_minnow(failed.err), "error: "), 1) << failed.err;
}

// What the leader sees as the sweep's folder, others may not.
TEST_F(SweptOnRanks, WriteAScriptForSlurmInOnePlace) {
  SKIP_WITHOUT_RANKS();
  const std::string apart = "mkdir -p at.$rank && cp m.textproto at.$rank && cd at.$rank";
  const Outcome outcome = sweep(2, "--out tasks --slurm", apart);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(bench_.path() + "/at.0/tasks/sweep.sbatch"));
  EXPECT_FALSE(fs::exists(bench_.path() + "/at.1/tasks"));
}

// No Slurm is needed to run what it would run.
TEST_F(SweptOnRanks, TasksOfSlurmMakeTheSameRuns) {
  ASSERT_EQ(sweep(1, "--out alone").exit_code, 0);
  const Outcome printed = sweep(1, "--out tasks --slurm --dry-run");
  EXPECT_FALSE(fs::exists(bench_.path() + "/tasks"));
  const Outcome written = sweep(1, "--out tasks --slurm");
  ASSERT_EQ(written.exit_code, 0) << written.err;
  EXPECT_NE(written.out.find("sbatch tasks/sweep.sbatch"), std::string::npos) << written.out;
  EXPECT_EQ(bench_.read("tasks/sweep.sbatch"), printed.out);
  EXPECT_NE(printed.out.find("#SBATCH --array=0-5\n"), std::string::npos) << printed.out;
  for (const char* task : {"0", "1", "2", "3", "4", "5", "2"}) {  // one a second time
    const std::string command =
        fmt::format("SLURM_ARRAY_TASK_ID={} MINNOW_CACHE={}/cache bash {}/tasks/sweep.sbatch >/dev/null 2>&1", task,
                    bench_.path(), bench_.path());
    EXPECT_EQ(std::system(command.c_str()), 0) << task;
  }
  const Outcome table = sweep(1, "--out tasks --resume");
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(count_of(table.err, "epoch"), 0) << "trained again: " << table.err;
  expect_same("tasks", "alone");
  EXPECT_EQ(sweep(1, "--slurm").exit_code, 2);
  EXPECT_EQ(sweep(1, "--out x --dry-run").exit_code, 2);
}

}  // namespace
}  // namespace minnow::testing

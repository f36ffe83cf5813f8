// Processes that are killed, that have too little memory, and that share a cache.
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <random>
#include <set>
#include <thread>

#include "codegen/machine/object_cache.h"
#include "tests/faults/training.h"

namespace minnow::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// MINNOW_FAULT_KILLS says how many.
TEST(Killed, AtRandomMomentsGoesOnAsIfNothingHadBeen) {
  FaultyTraining training(/*epochs=*/6);
  const int kills = count_from_environment("MINNOW_FAULT_KILLS", 10);
  const auto begin = Clock::now();
  ASSERT_EQ(training.start({}).exit_code, 0);
  const auto usual = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
  std::mt19937 random(7);
  for (int i = 0; i < kills; ++i) {
    RunOptions options;
    options.signal = SIGKILL;
    options.delay = std::chrono::microseconds(std::uniform_int_distribution<int64_t>(0, usual)(random));
    SCOPED_TRACE("kill " + std::to_string(i) + " after " + std::to_string(options.delay.count()) + " us");
    const Outcome outcome = training.start(options);
    ASSERT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 128 + SIGKILL) << outcome.err;
    training.expect_whole_checkpoints();
    options.delay /= 2;
    (void)training.go_on(options);  // what goes on may be killed, too
    const Outcome rest = training.go_on();
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    training.expect_same_result();
  }
}

TEST(LittleMemory, IsToldOrIsEnough) {
  if (kHasSanitizer) GTEST_SKIP() << "a sanitizer takes more memory than any limit leaves";
  constexpr uint64_t kStep = uint64_t{4} << 20;
  FaultyTraining training;
  RunOptions options;
  options.environment = {{"MINNOW_CACHE", ""}};
  // Below this the program cannot even be loaded.
  options.memory_bytes = 32 * kStep;
  while (training.bench().run("--version", options).exit_code != 0) options.memory_bytes += kStep;
  int failures = 0;
  for (int i = 0; i < 100; ++i) {
    options.memory_bytes += kStep;
    SCOPED_TRACE(std::to_string(options.memory_bytes >> 20) + " MiB");
    const Outcome outcome = training.start(options);
    if (outcome.exit_code == 0) break;
    ++failures;
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_EQ(count_of(outcome.err, "error: "), 1) << outcome.err;
  }
  training.expect_same_result();
  EXPECT_GT(failures, 0);
  ASSERT_EQ(training.go_on().exit_code, 0);
}

// Damages, empties, replaces and removes what it finds in a cache until it is told to stop.
class Saboteur {
 public:
  explicit Saboteur(const std::string& folder) : thread_([this, folder] { work(folder); }) {}
  ~Saboteur() {
    is_done_ = true;
    thread_.join();
  }
  Saboteur(const Saboteur&) = delete;
  Saboteur& operator=(const Saboteur&) = delete;

 private:
  void work(const std::string& folder) const {
    using namespace std::chrono_literals;
    std::mt19937 random(7);
    for (; !is_done_; std::this_thread::sleep_for(1ms)) {
      std::error_code error;
      for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (it->path().extension() == ".kernels") damage(it->path(), random());
    }
  }
  static void damage(const fs::path& path, unsigned choice) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size == 0) return;
    if (choice % 8 == 0) fs::remove(path, error);
    if (choice % 8 == 1) fs::resize_file(path, choice / 8 % size, error);
    if (choice % 8 != 2) return;
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(choice / 8 % size));
    file.put('\x5a');
  }

  std::atomic<bool> is_done_{false};
  std::thread thread_;
};

class SharedCache : public ::testing::Test {
 protected:
  // Trains in eight processes at once; each must come to what a run without a cache comes to.
  void train_at_once() {
    std::vector<std::future<Outcome>> running;
    RunOptions options;
    options.environment = {{"MINNOW_CACHE", cache_}};
    for (int i = 0; i < 8; ++i) {
      const std::string arguments = "train m.textproto --overwrite --out run" + std::to_string(i);
      running.push_back(
          std::async(std::launch::async, [=, this] { return training_.bench().run(arguments, options); }));
    }
    for (size_t i = 0; i < running.size(); ++i) {
      const Outcome outcome = running[i].get();
      ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
      EXPECT_TRUE(results_of(training_.bench().path() + "/run" + std::to_string(i)) ==
                  results_of(training_.bench().path() + "/whole"));
    }
  }

  FaultyTraining training_;
  std::string cache_ = training_.bench().path() + "/shared";
};

TEST_F(SharedCache, ByEightProcessesHoldsWholeEntriesOnly) {
  train_at_once();
  EXPECT_EQ(training_.temporary_files(), std::vector<std::string>{});
  int entries = 0;
  for (const auto& entry : fs::directory_iterator(cache_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    EXPECT_TRUE(parse_kernels(entry.path().stem().string(), std::string(std::istreambuf_iterator<char>(file), {})))
        << entry.path();
    ++entries;
  }
  EXPECT_GT(entries, 0);
}

TEST_F(SharedCache, ThatIsDamagedMeanwhileChangesNoResult) {
  const Saboteur saboteur(cache_);
  train_at_once();
}

}  // namespace
}  // namespace minnow::testing

// System calls that fail, and a disk that is full: a message each, the last good checkpoint stays, and the run goes on
// to the same bits as if nothing had been.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/faults/training.h"

namespace minnow::testing {
namespace {

// MINNOW_FAULT_STRIDE is 1 where every call is to fail.
constexpr int kUsualStride = 4;

class FailingCall : public ::testing::TestWithParam<std::pair<const char*, int>> {
 protected:
  void SetUp() override {
    if (kHasSanitizer) GTEST_SKIP() << "a sanitizer's runtime has to be loaded first";
  }
  RunOptions fault(const std::string& call, int number, const std::string& action) {
    RunOptions options;
    options.environment = {{"LD_PRELOAD", MINNOW_FAILING_CALLS},
                           {"MINNOW_FAULT", call + " " + std::to_string(number) + " " + action},
                           {"MINNOW_FAULT_FOLDER", training_.bench().path() + "/run"}};
    return options;
  }

  FaultyTraining training_;
  int stride_ = count_from_environment("MINNOW_FAULT_STRIDE", kUsualStride);
};

TEST_P(FailingCall, IsToldAndLosesNothing) {
  const auto [call, number] = GetParam();
  int failures = 0;
  for (int i = 1;; i += stride_) {
    SCOPED_TRACE(std::string(call) + " " + std::to_string(i));
    const Outcome outcome = training_.start(fault(call, i, std::to_string(number)));
    if (outcome.exit_code == 0) break;  // there are not so many calls
    ++failures;
    ASSERT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_EQ(count_of(outcome.err, "error: "), 1) << outcome.err;
    EXPECT_EQ(count_of(outcome.err, std::strerror(number)), 1) << outcome.err;
    EXPECT_EQ(count_of(outcome.err, "run"), count_of(outcome.err, "--resume run") > 0 ? 2 : 1) << outcome.err;
    EXPECT_EQ(training_.temporary_files(), std::vector<std::string>{});
    training_.expect_whole_checkpoints();
    const Outcome rest = training_.go_on();
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    training_.expect_same_result();
  }
  EXPECT_GT(failures, 1);
}

INSTANTIATE_TEST_SUITE_P(Each, FailingCall,
                         ::testing::Values(std::pair("open", EACCES), std::pair("write", ENOSPC),
                                           std::pair("fsync", EIO), std::pair("rename", EDQUOT)),
                         [](const auto& info) { return std::string(info.param.first); });

class KilledAtACall : public FailingCall {};

TEST_P(KilledAtACall, GoesOnAsIfNothingHadBeen) {
  const char* action = GetParam().first;
  int kills = 0;
  for (int i = 1;; i += stride_) {
    SCOPED_TRACE("call " + std::to_string(i));
    const Outcome outcome = training_.start(fault("any", i, action));
    if (outcome.exit_code == 0) break;
    ++kills;
    ASSERT_EQ(outcome.exit_code, 128 + SIGKILL) << outcome.err;
    training_.expect_whole_checkpoints();
    const Outcome rest = training_.go_on();
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    training_.expect_same_result();
  }
  EXPECT_GT(kills, 5);
}

INSTANTIATE_TEST_SUITE_P(Each, KilledAtACall, ::testing::Values(std::pair("kill", 0), std::pair("tear", 0)),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(FullDisk, ByALimitOnFilesIsTold) {
  FaultyTraining training;
  RunOptions options;
  for (const uint64_t bytes : {0, 600, 5000}) {
    options.file_bytes = bytes;
    const Outcome outcome = training.start(options);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    // What reaches the limit is cut short itself, so there may be no message to read.
    const Outcome rest = training.go_on();
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    training.expect_same_result();
  }
}

// A file system of so many kilobytes at a path, for as long as the object lives.
class SmallDisk {
 public:
  SmallDisk(std::string path, int kilobytes) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    const std::string size = "size=" + std::to_string(kilobytes) + "k";
    is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_mounted() const { return is_mounted_; }
  void grow(int kilobytes) const {
    const std::string size = "size=" + std::to_string(kilobytes) + "k";
    ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, size.c_str());
  }

 private:
  std::string path_;
  bool is_mounted_ = false;
};

TEST(FullDisk, IsToldAndTheRunGoesOnWhereThereIsRoom) {
  FaultyTraining training;
  for (const int kilobytes : {4, 12, 16, 20, 24, 28, 32}) {
    SCOPED_TRACE(kilobytes);
    std::filesystem::remove_all(training.bench().path() + "/run");
    const SmallDisk disk(training.bench().path() + "/run", kilobytes);
    if (!disk.is_mounted()) GTEST_SKIP() << "mounting takes more rights";
    Outcome outcome = training.go_on();
    if (outcome.exit_code != 0) {
      EXPECT_EQ(outcome.exit_code, 1);
      EXPECT_EQ(count_of(outcome.err, "No space left on device"), 1) << outcome.err;
      EXPECT_EQ(training.temporary_files(), std::vector<std::string>{});
      training.expect_whole_checkpoints();
      disk.grow(1000);
      outcome = training.go_on();
    }
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    training.expect_same_result();
  }
}

}  // namespace
}  // namespace minnow::testing

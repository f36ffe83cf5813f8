#include "runtime/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <vector>

namespace minnow {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEachPartOnce) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.threads(), GetParam());
  for (const int64_t parts : {0, 1, 2, 3, 7, 1000}) {
    std::vector<int> runs(static_cast<size_t>(parts));
    pool.parallel_for(parts, [&](int64_t part) { ++runs[static_cast<size_t>(part)]; });
    for (const int count : runs) EXPECT_EQ(count, 1);
  }
}

TEST_P(ThreadPoolTest, ManySmallJobsInARow) {
  ThreadPool pool(GetParam());
  std::vector<int64_t> sums(8);
  constexpr int64_t kJobs = 70000;  // more than the job counter has numbers
  for (int64_t job = 0; job < kJobs; ++job)
    pool.parallel_for(8, [&](int64_t part) { sums[static_cast<size_t>(part)] += part + 1; });
  for (size_t part = 0; part < sums.size(); ++part) EXPECT_EQ(sums[part], kJobs * static_cast<int64_t>(part + 1));
}

TEST_P(ThreadPoolTest, WakesAfterSleeping) {
  ThreadPool pool(GetParam());
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> runs{0};
    pool.parallel_for(100, [&](int64_t) { ++runs; });
    EXPECT_EQ(runs, 100);
  }
}

// Each part waits for all the others, as many as there are threads.
TEST_P(ThreadPoolTest, RunsPartsAtTheSameTime) {
  ThreadPool pool(GetParam());
  std::this_thread::sleep_for(std::chrono::milliseconds(3));  // they sleep, and have to be woken
  std::atomic<int> begun{0};
  pool.parallel_for(GetParam(), [&](int64_t) {
    ++begun;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (begun < GetParam() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(begun, GetParam());
  });
}

TEST_P(ThreadPoolTest, ReturnsWhenAllPartsAreDone) {
  ThreadPool pool(GetParam());
  std::atomic<int> begun{0}, done{0};
  pool.parallel_for(GetParam(), [&](int64_t) {
    const bool is_last = ++begun == GetParam();
    while (begun < GetParam()) std::this_thread::yield();
    if (!is_last) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++done;
  });
  EXPECT_EQ(done, GetParam());
}

TEST_P(ThreadPoolTest, NestedCallsRunInline) {
  ThreadPool pool(GetParam());
  std::atomic<int> runs{0};
  pool.parallel_for(4, [&](int64_t) { pool.parallel_for(5, [&](int64_t) { ++runs; }); });
  EXPECT_EQ(runs, 20);
}

TEST(AvailableThreads, AreThoseThatTheProcessMayUse) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(available_threads(), CPU_COUNT(&all));
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(available_threads(), 1);
  }).join();
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace minnow

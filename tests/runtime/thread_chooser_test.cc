// Runs whose times are made up: no clock, and nothing to wait for.
#include "runtime/thread_chooser.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace minnow {
namespace {

constexpr double kMicro = 1e-6;

// What so many runs took in all, on one thread had they all been there, and how many were on all.
struct Course {
  double seconds = 0, on_one = 0;
  int on_all = 0;
};

// A function of which run i takes one(i) on one thread, all(i) on all.
using SecondsOfRun = std::function<double(int i)>;

Course follow(ThreadChooser& chooser, int runs, const SecondsOfRun& one, const SecondsOfRun& all) {
  Course course;
  for (int i = 0; i < runs; ++i) {
    const double seconds = chooser.takes_all() ? all(i) : one(i);
    course.seconds += seconds;
    course.on_one += one(i);
    course.on_all += chooser.takes_all();
    chooser.add(seconds);
  }
  return course;
}

SecondsOfRun always(double seconds) {
  return [seconds](int) { return seconds; };
}

// Threads that are late once in so many runs.
SecondsOfRun late_each(int runs, double late, double seconds) {
  return [=](int i) { return i % runs == runs - 1 ? late : seconds; };
}

TEST(ThreadChooser, BeginsOnOneThreadAndSoonTriesAll) {
  ThreadChooser chooser;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(chooser.takes_all()) << i;
    chooser.add(100 * kMicro);
  }
  EXPECT_TRUE(chooser.takes_all());
}

TEST(ThreadChooser, StaysOnAllThreadsWhereTheyAreFaster) {
  for (const double one : {10 * kMicro, 200 * kMicro, 5e-3}) {
    ThreadChooser chooser;
    const Course course = follow(chooser, 20000, always(one), always(0.6 * one));
    EXPECT_GT(course.on_all, 19800) << one;
  }
}

TEST(ThreadChooser, CostsAHundredthWhereTheyAreSlower) {
  for (const double one : {10 * kMicro, 200 * kMicro, 5e-3})
    for (const double slower : {0.98, 1.1, 2.0, 20.0}) {
      ThreadChooser chooser;
      const Course course = follow(chooser, 20000, always(one), always(slower * one));
      const double of_first_trials = 5e-3 + 15 * one;  // what a late thread may cost
      EXPECT_LT(course.seconds, 1.011 * course.on_one + of_first_trials) << one << ", " << slower;
    }
}

TEST(ThreadChooser, HasChosenWhenItSays) {
  for (const double slower : {0.7, 1.5}) {
    ThreadChooser chooser;
    follow(chooser, ThreadChooser::kRunsToChoose, always(20 * kMicro), always(slower * 20 * kMicro));
    EXPECT_EQ(chooser.takes_all(), slower < 1);
  }
}

// Of what one very late thread costs, in the first run on all, no more is held against them than a tenth of a second
// makes up for.
TEST(ThreadChooser, ForgivesOneLateThread) {
  ThreadChooser chooser;
  const auto late_at_first = [](int i) { return i == 4 ? 0.05 : 20 * kMicro; };
  const Course course = follow(chooser, 10000, always(40 * kMicro), late_at_first);
  EXPECT_GT(course.on_all, 5000);
}

TEST(ThreadChooser, DoesNotCountColdCaches) {
  ThreadChooser chooser;
  const auto cold_at_first = [](int i) { return i == 0 ? 1.0 : 100 * kMicro; };
  const Course course = follow(chooser, 10000, cold_at_first, always(300 * kMicro));
  EXPECT_LT(course.on_all, 100);
}

TEST(ThreadChooser, BearsThreadsThatAreRarelyLate) {
  ThreadChooser chooser;
  const Course course = follow(chooser, 50000, always(100 * kMicro), late_each(300, 4e-3, 60 * kMicro));
  EXPECT_GT(course.on_all, 45000);
  EXPECT_LT(course.seconds, 0.78 * course.on_one);
}

TEST(ThreadChooser, LeavesThreadsThatAreOftenLate) {
  ThreadChooser chooser;
  const Course course = follow(chooser, 100000, always(100 * kMicro), late_each(30, 4e-3, 60 * kMicro));
  EXPECT_LT(course.seconds, 1.02 * course.on_one);
}

TEST(ThreadChooser, FollowsTheMachine) {
  ThreadChooser chooser;
  const SecondsOfRun one = always(100 * kMicro), fast = always(60 * kMicro), slow = always(1000 * kMicro);
  EXPECT_GT(follow(chooser, 20000, one, fast).on_all, 19800);
  const Course bad = follow(chooser, 20000, one, slow);
  EXPECT_LT(bad.on_all, 60);
  EXPECT_GT(follow(chooser, 20000, one, fast).on_all, 19000);
}

// A run on one thread that something else has got in the way of is no reason to take all.
TEST(ThreadChooser, GoesByTheMedianOfRunsOnOneThread) {
  ThreadChooser chooser;
  const Course course = follow(chooser, 100000, late_each(7, 1e-3, 100 * kMicro), always(150 * kMicro));
  EXPECT_LT(course.on_all, 10000);
}

// Over any course of a machine that is good or bad for a while: but for a hundredth, and what each turn costs.
TEST(ThreadChooser, IsNeverSlowerThanOneThread) {
  std::mt19937 random(7);
  const auto draw = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
  for (int machine = 0; machine < 50; ++machine) {
    ThreadChooser chooser;
    const double one = draw(5 * kMicro, 3e-3);
    const double cost_of_turn = 30 * (200 * kMicro + 4 * one);
    double seconds = 0, on_one = 0;
    for (int turn = 1; turn <= 20; ++turn) {
      const int runs = static_cast<int>(draw(1, 5000));
      const SecondsOfRun all = late_each(1 + static_cast<int>(draw(1, 50)), draw(0.3, 30) * one, draw(0.4, 2) * one);
      const Course course = follow(chooser, runs, always(one), all);
      seconds += course.seconds;
      on_one += course.on_one;
      EXPECT_LT(seconds, 1.011 * on_one + turn * cost_of_turn) << machine;
    }
  }
}

}  // namespace
}  // namespace minnow

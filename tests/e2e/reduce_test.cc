// minnow reduce.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

using ::testing::HasSubstr;

constexpr const char* kProgram = R"(
func @f(%x: f32[3,5], %w: f32[5,2] weight) -> (f32[3,2]) {
  %0 = dot(%x, %w) : f32[3,2]
  %1 = tanh(%0) : f32[3,2]
  %2 = exp(%1) : f32[3,2]
  return %2
}
)";

TEST(Reduce, ShrinksWhileTheCommandSucceeds) {
  const Workbench bench;
  bench.write("a b.ir", kProgram);
  const Outcome outcome = bench.succeed("reduce 'a b.ir' --while 'grep -q tanh {}'");
  EXPECT_THAT(outcome.out, HasSubstr("before  3 ops, 2 parameters, 1 result, 43 elements"));
  EXPECT_THAT(outcome.out, HasSubstr("after   1 op, 1 parameter, 1 result, 2 elements"));
  EXPECT_EQ(bench.read("a b.reduced.ir"),
            "func @f(%p0: f32[1,1]) -> (f32[1,1]) {\n  %0 = tanh(%p0) : f32[1,1]\n  return %0\n}\n");
}

TEST(Reduce, RefusesACommandThatFailsOnTheWhole) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  expect_refused(bench, "reduce f.ir --while 'grep -q sigmoid {}'", "f.ir: error: the command fails on @f as it is");
}

TEST(Reduce, RefusesACommandWithoutAPlaceForTheFile) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  const Outcome outcome = bench.run("reduce f.ir --while true");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("write {} for it"));
}

TEST(Reduce, ACommandThatHangsHasFailed) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  const Outcome outcome = bench.run("reduce f.ir --timeout 1 --while 'sleep 30; true {}'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the command fails on @f as it is"));
}

TEST(Reduce, InterruptedInTheFirstTrialEndsAtOnce) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  RunOptions options;
  options.signal = 2;
  options.file = "begun";
  const Outcome outcome = bench.run("reduce f.ir --while 'touch begun; sleep 30; touch waited {}'", options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(bench.files(), (std::vector<std::string>{"begun", "f.ir"})) << "it waited for the command";
  EXPECT_THAT(outcome.err, HasSubstr("f.ir: error: interrupted before the command had answered"));
}

TEST(Reduce, InterruptedLeavesTheSmallestSoFarAndSaysHowToGoOn) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  RunOptions options;
  options.signal = 2;
  options.file = "f.reduced.ir";
  const Outcome outcome = bench.run(
      "reduce f.ir --while 'test ! -e f.reduced.ir || { sleep 30; touch waited; }; grep -q tanh {}'", options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(bench.files(), (std::vector<std::string>{"f.ir", "f.reduced.ir"})) << "it waited for the command";
  EXPECT_THAT(outcome.err, HasSubstr("go on with: minnow reduce 'f.reduced.ir' --while"));
  EXPECT_THAT(bench.read("f.reduced.ir"), HasSubstr("tanh"));
}

}  // namespace
}  // namespace minnow

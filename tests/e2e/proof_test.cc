// The commands that prove that compiling keeps the meaning.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

using ::testing::HasSubstr;

constexpr const char* kModel = R"(
inputs { name: "image" shape: [1, 28, 28] }
layers { name: "hidden" dense { units: 5 activation: RELU } }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 9 }
data { builtin: GLYPHS train_examples: 40 validation_examples: 10 }
)";

// A function with a weight and no loss.
constexpr const char* kProgram = R"(
func @f(%x: f32[3,5], %w: f32[5,2] weight) -> (f32[3,2]) {
  %0 = dot(%x, %w) : f32[3,2]
  %1 = tanh(%0) : f32[3,2]
  return %1
}
)";

TEST(Proof, EveryPassOverAModelKeepsItsMeaning) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  const Outcome outcome = bench.run("compile m.textproto --check-passes -o out.ir");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("every pass keeps the meaning"));
}

TEST(Proof, EveryPassOverIrTextKeepsItsMeaning) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  const Outcome outcome = bench.run("opt f.ir --passes default --check-passes");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("fused"));
}

TEST(Proof, DiffShowsEveryOutputGradientAndWeight) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  const Outcome outcome = bench.run("diff m.textproto --steps 2");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  for (const char* name : {"loss", "gradient.hidden.weight", "gradient.fc.bias", "hidden.weight", "jit -O0", "unfused"})
    EXPECT_THAT(outcome.out, HasSubstr(name));
}

TEST(Proof, DiffIsOfCodeForAnyProcessorWhoseCodeRunsHere) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  const Outcome outcome = bench.run("diff f.ir --cpu generic");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  const Outcome unknown = bench.run("diff f.ir --cpu i286000");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("i286000"));
  EXPECT_EQ(bench.run("fuzz --count 3 --cpu generic").exit_code, 0);
  const Outcome none = bench.run("fuzz --count 3 --cpu i286000");
  EXPECT_EQ(none.exit_code, 1) << none.out << "no case is wrong for that";
  EXPECT_THAT(none.err, HasSubstr("i286000"));
}

TEST(Proof, DiffOfIrTextTrainsItsWeightsAndAnswersInJson) {
  const Workbench bench;
  bench.write("f.ir", kProgram);
  const Outcome outcome = bench.run("diff f.ir --steps 2 --json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("\"gradient.w\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"agrees\": true"));
}

TEST(Proof, FuzzSaysHowManyFailed) {
  const Workbench bench;
  const Outcome outcome = bench.run("fuzz --seed 5 --count 4 --jobs 2");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("4 cases from seed 5: 0 failed"));
}

// It starts workers when it can be interrupted.
bool has_children(pid_t program) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", program));
  return (file >> program).good();
}

TEST(Proof, FuzzThatIsInterruptedSaysHowToGoOn) {
  const Workbench bench;
  RunOptions options;
  options.signal = 2;
  options.when = has_children;
  const Outcome outcome = bench.run("fuzz --seed 5 --count 100000 --jobs 2", options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_THAT(outcome.err, ::testing::ContainsRegex("go on with: minnow fuzz --seed [0-9]+ --count [0-9]+"));
}

}  // namespace
}  // namespace minnow

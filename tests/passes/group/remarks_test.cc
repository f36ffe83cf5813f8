// What passes say of their decisions, and the history that ops keep.
#include "passes/group/remarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"

namespace minnow {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDense[] = R"(func @f(%x: f32[8,4], %w: f32[4,8], %v: f32[8,8]) -> (y: f32[8,8]) {
  %0 = exp(%x) : f32[8,4]  loc("a")
  %1 = dot(%0, %w) : f32[8,8]  loc("fc")
  %2 = tanh(%1) : f32[8,8]  loc("fc")
  %3 = dot(%2, %v) : f32[8,8]  loc("out")
  return %3
})";

std::unique_ptr<Module> parsed(std::string_view text) { return *parse_module(text, "f.ir"); }

std::vector<std::string> lines(const Remarks& remarks) {
  std::vector<std::string> lines;
  for (const Remark& remark : remarks.all())
    lines.push_back(fmt::format("{} {}: {}", remark.pass, fmt::join(remark.values, " -> "), remark.text));
  return lines;
}

void run(Function& function, std::string_view pipeline, Remarks* remarks) {
  PassOptions options;
  options.remarks = remarks;
  ASSERT_TRUE(run_passes(function, *parse_pipeline(pipeline), options).has_value());
}

TEST(Remarks, FusionSaysOfEveryPairWhy) {
  const auto module = parsed(kDense);
  Remarks remarks;
  run(*module->functions[0], "fuse", &remarks);
  const auto said = lines(remarks);
  EXPECT_THAT(said, Contains(HasSubstr("fuse %0 -> %1/%b0: exp (a) and dot (fc): apart, its shape is not")));
  EXPECT_THAT(said, Contains(HasSubstr("fuse %1/%b0 -> %1/%b1: dot (fc) and tanh (fc): in one contraction kernel")));
  EXPECT_THAT(said, Contains(AllOf(HasSubstr("fuse %1 -> %2: tanh (fc) and dot (out): apart, "),
                                   HasSubstr("only elementwise ops follow a contraction"))));
}

TEST(Remarks, MemoryIsToldWithLiveRangesAndSharers) {
  const auto module = parsed(R"(func @f(%x: f32[16]) -> (y: f32[16]) {
  %0 = exp(%x) : f32[16]
  %1 = reduce_sum(%0) {dims = [0]} : f32[]
  %2 = broadcast(%1) : f32[16]
  %3 = log(%2) : f32[16]
  return %3
})");
  Remarks remarks;
  remarks.begin("plan-memory", *module->functions[0]);
  plan_memory(*module->functions[0], &remarks);
  const auto said = lines(remarks);
  EXPECT_THAT(said, Contains("plan-memory %3: written to result 0 y"));
  EXPECT_THAT(said, Contains("plan-memory %0: arena bytes 0 to 64, live in ops 0 to 1"));
  EXPECT_THAT(said, Contains("plan-memory %0 -> %2: share bytes 0 to 64: live in ops 0 to 1, and 2 to 3"));
}

TEST(Remarks, OpsKeepTheirHistory) {
  const auto module = parsed(R"(func @f(%x: f32[4]) -> (f32[4]) {
  %0 = constant {value = 4} : f32[4]  loc("a")
  %1 = div(%x, %0) : f32[4]  loc("a")
  %2 = exp(%1) : f32[4]  loc("b", gradient)
  return %2
})");
  Remarks remarks;
  run(*module->functions[0], "canonicalize,dce,fuse", &remarks);
  std::vector<std::string> history;
  for (const auto& op : module->functions[0]->ops().back()->body->ops())
    if (op->kind != OpKind::kConstant)
      for (const HistoryEntry& entry : op->history)
        history.push_back(fmt::format("{} {}: {}", mnemonic(op->kind), entry.pass, entry.text));
  EXPECT_THAT(history, testing::ElementsAre("mul lowering: from layer \"a\"", "mul canonicalize: mul in place of div",
                                            "mul fuse: moved into a fused", "exp autodiff: a gradient of layer \"b\"",
                                            "exp fuse: moved into a fused"));
}

TEST(Remarks, BlockLoopsSayWhatTheyLeaveOutAndWhy) {
  const auto module =
      parsed(R"(func @f(%x: f32[16,1,6,6], %w: f32[9,40000] weight) -> (f32[16,1,3,3], f32[16,40000], f32[9,9]) {
  %0 = window_max(%x) {window = [2, 2], stride = [2, 2]} : f32[16,1,3,3]
  %1 = reshape(%0) : f32[16,9]
  %2 = dot(%1, %w) : f32[16,40000]
  %3 = dot(%1, %1) {contract = [0, 0]} : f32[9,9]
  %4 = reduce_sum(%3) {dims = [0, 1]} : f32[]
  %5 = broadcast(%4) : f32[16,1,3,3]
  %6 = add(%0, %5) : f32[16,1,3,3]
  return %6, %2, %3
})");
  Remarks remarks;
  run(*module->functions[0], "tile-batch", &remarks);
  EXPECT_THAT(lines(remarks),
              testing::ElementsAre(
                  "tile-batch %2: not in a block loop: of its weights, no more than 256 KiB stay in the cache",
                  "tile-batch %6: in a later block loop: it needs what an earlier one adds up over all blocks"));
}

TEST(Remarks, WithoutASinkNothingIsKept) {
  const auto module = parsed(kDense);
  const auto remarked = module->clone();
  Remarks remarks;
  run(*module->functions[0], "default", nullptr);
  run(*remarked->functions[0], "default", &remarks);
  EXPECT_EQ(print(*module), print(*remarked)) << "what is said changes nothing";
  for (const auto& op : module->functions[0]->ops()) EXPECT_TRUE(op->history.empty());
}

}  // namespace
}  // namespace minnow

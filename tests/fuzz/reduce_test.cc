// What is left of a program is small, valid, and still what was asked for.
#include "proof/reduce.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pipeline.h"
#include "proof/fuzz.h"
#include "proof/random_program.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parsed(std::string_view text) {
  const auto module = parse_module(text, "case.ir");
  EXPECT_TRUE(module) << module.error().to_string();
  return (*module)->functions.front()->clone();
}

// Reduced while its text holds `part`.
std::string reduced_to(const Function& function, const std::string& part) {
  const auto still = [&](const Function& candidate) -> Result<bool> {
    EXPECT_TRUE(verify(candidate)) << print(candidate);
    return print(candidate).find(part) != std::string::npos;
  };
  const auto reduced = proof::reduce(function, still);
  EXPECT_TRUE(reduced) << reduced.error().to_string();
  return print(**reduced);
}

constexpr const char* kNetwork = R"(
func @f(%x: f32[6,5], %w: f32[5,4] weight, %b: f32[4] weight, %rest: f32[3]) -> (f32[6,4], f32[]) {
  %0 = dot(%x, %w) : f32[6,4]  loc("fc")
  %1 = broadcast(%b) {dims = [1]} : f32[6,4]  loc("fc")
  %2 = add(%0, %1) : f32[6,4]  loc("fc")
  %3 = tanh(%2) : f32[6,4]  loc("fc")
  %4 = reduce_sum(%3) {dims = [0, 1]} : f32[]
  return %3, %4
}
)";

TEST(Reduce, LeavesTheOneOpThatMatters) {
  EXPECT_EQ(reduced_to(*parsed(kNetwork), "tanh"),
            "func @f(%p2: f32[1,1]) -> (f32[1,1]) {\n  %0 = tanh(%p2) : f32[1,1]\n  return %0\n}\n");
}

TEST(Reduce, LeavesWhatHangsTogether) {
  const auto function = parsed(kNetwork);
  const auto still = [](const Function& candidate) -> Result<bool> {
    const std::string text = print(candidate);
    return text.find("dot") < text.find("tanh") && text.find("tanh") != std::string::npos;
  };
  const auto reduced = proof::reduce(*function, still);
  ASSERT_TRUE(reduced);
  EXPECT_EQ(proof::size_of(**reduced).ops, 2U) << print(**reduced);
  EXPECT_EQ((*reduced)->parameters().size(), 2U) << print(**reduced);
}

TEST(Reduce, ReachesIntoBodies) {
  auto function = parsed(kNetwork);
  ASSERT_TRUE(run_passes(*function, default_pipeline()));
  ASSERT_NE(print(*function).find("fused"), std::string::npos);
  const std::string text = reduced_to(*function, "fused");
  const auto left = parsed(text);
  EXPECT_EQ(proof::size_of(*left).ops, 2U) << text;
}

TEST(Reduce, KeepsEveryRandomProgramValid) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const proof::RandomProgram program = proof::draw_program(seed);
    const std::string last(mnemonic(program.function->ops().back()->kind));
    const std::string text = reduced_to(*program.function, " = " + last + "(");
    EXPECT_LE(proof::size_of(*parsed(text)).ops, 4U) << "seed " << seed << "\n" << text;
  }
}

TEST(Reduce, AnErrorEndsTheSearch) {
  const auto reduced =
      proof::reduce(*parsed(kNetwork), [](const Function&) -> Result<bool> { return fail("", "stop"); });
  ASSERT_FALSE(reduced);
  EXPECT_EQ(reduced.error().message, "stop");
}

}  // namespace
}  // namespace minnow

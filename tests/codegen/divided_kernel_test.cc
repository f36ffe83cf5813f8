// Fused bodies that are no one kernel, with results in the memory of weights and states that the body reads.
#include <gtest/gtest.h>

#include "ir/text.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

// A window_spread whose windows overlap adds up in its result, so that nothing can be done behind it in the same
// kernel.
constexpr char kUpdates[] = R"(
func @f(%p: f32[4,2,1,10] weight, %q: f32[4,2,1,10] weight, %y: f32[4,2,1,9], %g: f32[4,2,1,10])
    -> (p: f32[4,2,1,10], q: f32[4,2,1,10]) {
  %0, %1 = fused(%a0 = %y, %a1 = %g, %a2 = %p, %a3 = %q) {kind = contraction} : f32[4,2,1,10], f32[4,2,1,10] {
    %b0 = window_spread(%a0) {window = [1, 2], stride = [2, 1], shape = [4, 2, 1, 10]} : f32[4,2,1,10]
    %b1 = sub(%a2, %a1) : f32[4,2,1,10]
    %b2 = sub(%a3, %b0) : f32[4,2,1,10]
    return RESULTS
  }
  return %0, %1
})";

void check(const std::string& results) {
  SCOPED_TRACE(results);
  std::string text = kUpdates;
  text.replace(text.find("RESULTS"), 7, results);
  const auto module = parse_module(text, "divided.ir");
  ASSERT_TRUE(module) << module.error().to_string();
  const Function& function = *(*module)->functions.front();
  proof::Rng rng(3);
  const auto arguments = draw_arguments(function, std::vector<proof::Domain>(4), proof::Numbers::kUniform, rng);
  testing::CompiledProgram compiled(function);
  EXPECT_TRUE(agrees(testing::interpret_reference(function, arguments), compiled.run(arguments)));
  EXPECT_TRUE(ignores_threads(compiled, arguments));
}

TEST(DividedKernel, UpdatesEachWeightOnce) { check("%b1, %b2"); }
TEST(DividedKernel, ReadsAWeightBeforeItIsReplaced) { check("%b2, %b1"); }
TEST(DividedKernel, ReplacesAWeightByTheScatteredSum) { check("%b0, %b2"); }
TEST(DividedKernel, ReplacesBothByTheSame) { check("%b2, %b2"); }
TEST(DividedKernel, ReplacesAWeightByAnother) {
  check("%a3, %b1");
  check("%b2, %a2");
}
TEST(DividedKernel, SwapsWeights) { check("%a3, %a2"); }

}  // namespace
}  // namespace minnow

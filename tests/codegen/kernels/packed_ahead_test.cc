// Products in loops whose right operand is the same in all iterations: of every size of edge, whichever way the operand
// lies, forward and backward, inside a fused body and behind another loop's border.
#include <gtest/gtest.h>

#include <algorithm>

#include "codegen/compile.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

struct Recurrence {
  int64_t batch, units, steps;
  bool is_transposed = false, reverse = false;
};

// h ← tanh(x + h·w), and all of h.
std::unique_ptr<Function> recurrence(const Recurrence& of) {
  const auto text = fmt::format(
      "func @f(%x: f32[{0},{2}], %h: f32[{1},{2}], %w: f32[{2},{2}]) -> (f32[{1},{2}], f32[{0},{2}]) {{\n"
      "  %0, %1 = loop(%a0 = %x, %a1 = %h, %a2 = %w) {{count = {3}, split = [0], carry = [1]{5}}} "
      ": f32[{1},{2}], f32[{0},{2}] {{\n"
      "    %b0 = dot(%a1, %a2) {{contract = [1, {4}]}} : f32[{1},{2}]\n"
      "    %b1 = add(%a0, %b0) : f32[{1},{2}]\n"
      "    %b2 = tanh(%b1) : f32[{1},{2}]\n"
      "    return %b2, %b2\n  }}\n  return %0, %1\n}}\n",
      of.batch * of.steps, of.batch, of.units, of.steps, of.is_transposed ? 1 : 0,
      of.reverse ? ", reverse = true" : "");
  auto module = parse_module(text, "");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return std::move((*module)->functions[0]);
}

void expect_agreement(const Function& function) {
  const auto passed = function.clone();
  ASSERT_TRUE(run_passes(*passed, default_pipeline()));
  proof::Rng rng(5);
  const auto arguments =
      draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kUniform, rng);
  testing::CompiledProgram program(*passed);
  EXPECT_TRUE(testing::agrees(testing::interpret_reference(function, arguments), program.run(arguments)))
      << print(function);
  EXPECT_TRUE(testing::ignores_threads(program, arguments)) << print(function);
}

std::vector<Kernel> kernels_of(const Recurrence& of) {
  const auto function = recurrence(of);
  MINNOW_CHECK(run_passes(*function, default_pipeline()), "a pass failed");
  const auto compiled = compile(*function, plan_memory(*function));
  MINNOW_CHECK(compiled, "{}", compiled.error().to_string());
  return (*compiled)->kernels;
}

bool packs(const Kernel& kernel) { return kernel.op == "pack"; }

TEST(PackedAhead, MeansWhatTheInterpreterSays) {
  for (const int64_t units : {1, 7, 16, 33, 70, 130})
    for (const int64_t batch : {1, 3, 13, 40})
      for (const bool is_transposed : {false, true})
        expect_agreement(*recurrence({batch, units, 5, is_transposed, units % 2 == 1}));
}

TEST(PackedAhead, IsDoneOnceInFrontOfTheLoop) {
  const std::vector<Kernel> kernels = kernels_of({40, 130, 9, true});
  ASSERT_EQ(std::ranges::count_if(kernels, packs), 1);
  EXPECT_EQ(std::ranges::find_if(kernels, packs)->repeats, 1);
  const auto product = std::ranges::find(kernels, 9, &Kernel::repeats);
  ASSERT_NE(product, kernels.end());
  EXPECT_NE(product->schedule.find("packed ahead"), std::string::npos) << product->schedule;
}

// A loop of many steps has the bits of its steps one by one, in each of which nothing is packed ahead.
TEST(PackedAhead, ChangesNoBit) {
  constexpr int64_t kSteps = 14;
  for (const int64_t units : {33, 130, 200, 300})
    for (const int64_t batch : {1, 3, 13, 40})
      for (const bool is_transposed : {false, true}) {
        const auto whole = recurrence({batch, units, kSteps, is_transposed});
        const auto step = recurrence({batch, units, 1, is_transposed});
        for (const auto& function : {whole.get(), step.get()}) ASSERT_TRUE(run_passes(*function, default_pipeline()));
        proof::Rng rng(6);
        std::vector<Tensor> arguments =
            draw_arguments(*whole, std::vector<proof::Domain>(3), proof::Numbers::kUniform, rng);
        const std::vector<Tensor> expected = testing::CompiledProgram(*whole).run(arguments);
        const Tensor inputs = std::move(arguments[0]);
        testing::CompiledProgram one(*step);
        for (int64_t i = 0; i < kSteps; ++i) {
          arguments[0] = inputs.rows(i * batch, batch);
          arguments[1] = std::move(one.run(arguments)[0]);
        }
        EXPECT_EQ(arguments[1].bytes(), expected[0].bytes()) << units << " " << batch << " " << is_transposed;
      }
}

TEST(PackedAhead, IsNotWorthItForOneIteration) {
  const std::vector<Kernel> kernels = kernels_of({40, 130, 1, true});
  EXPECT_TRUE(std::ranges::none_of(kernels, packs));
}

// Both are packed once, the inner loop's in each iteration of the outer one, of which it is new.
TEST(PackedAhead, IsOfALoopWithinALoop) {
  auto module = parse_module(R"(
func @f(%h: f32[9,40], %w: f32[40,40], %v: f32[120,40]) -> (f32[9,40]) {
  %0 = loop(%a0 = %v, %a1 = %h, %a2 = %w) {count = 3, split = [0], carry = [1]} : f32[9,40] {
    %b0 = dot(%a1, %a2) {contract = [1, 1]} : f32[9,40]
    %b1 = loop(%c0 = %b0, %c1 = %a0, %c2 = %a2) {count = 4, carry = [0]} : f32[9,40] {
      %d0 = dot(%c0, %c1) {contract = [1, 1]} : f32[9,40]
      %d1 = tanh(%d0) : f32[9,40]
      %d2 = dot(%d1, %c2) {contract = [1, 1]} : f32[9,40]
      %d3 = tanh(%d2) : f32[9,40]
      return %d3
    }
    return %b1
  }
  return %0
}
)",
                             "");
  ASSERT_TRUE(module) << module.error().to_string();
  expect_agreement(*(*module)->functions[0]);
}

}  // namespace
}  // namespace minnow

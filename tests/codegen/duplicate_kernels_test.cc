// Kernels of the same code are compiled once, and nothing else is taken for the same.
#include <gtest/gtest.h>

#include <set>

#include "codegen/compile.h"
#include "ir/steps.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"

namespace minnow {
namespace {

// How many different pieces of machine code a function becomes, of how many kernels.
struct Count {
  size_t kernels = 0, codes = 0;
};

Count count(std::string_view text) {
  const auto module = parse_module(text, "duplicates.ir");
  EXPECT_TRUE(module) << module.error().to_string();
  const Function& function = *(*module)->functions.front();
  const auto compiled = compile(function, plan_memory(function));
  EXPECT_TRUE(compiled) << compiled.error().to_string();
  std::set<KernelEntry> codes;
  for (const Kernel& kernel : (*compiled)->kernels) codes.insert(kernel.entry);
  return {(*compiled)->kernels.size(), codes.size()};
}

TEST(DuplicateKernels, ShareTheirCode) {
  const Count layers = count(R"(func @f(%x: f32[8,24], %a: f32[24,24], %b: f32[24,24], %c: f32[24,24]) -> (f32[8,24]) {
    %0 = dot(%x, %a) : f32[8,24]  loc("one")
    %1 = dot(%0, %b) : f32[8,24]  loc("two")
    %2 = dot(%1, %c) : f32[8,24]  loc("three")
    return %2
  })");
  EXPECT_EQ(layers.kernels, 3U);
  EXPECT_EQ(layers.codes, 1U);
}

TEST(DuplicateKernels, DifferInShapeAttributesAndOrderOfOperands) {
  const Count all = count(R"(func @f(%a: f32[24,24], %b: f32[24,24], %c: f32[24,25])
      -> (f32[24,24], f32[24,24], f32[24,25], f32[24,24], f32[24,24], f32[24,24], f32[24,24]) {
    %0 = dot(%a, %b) : f32[24,24]
    %1 = dot(%a, %b) {contract = [0, 0]} : f32[24,24]
    %2 = dot(%a, %c) : f32[24,25]
    %3 = sub(%a, %b) : f32[24,24]
    %4 = add(%a, %b) : f32[24,24]
    %5 = reduce_sum(%a) {dims = [0]} : f32[24]
    %6 = broadcast(%5) {dims = [0]} : f32[24,24]
    %7 = broadcast(%5) {dims = [1]} : f32[24,24]
    return %0, %1, %2, %3, %4, %6, %7
  })");
  EXPECT_EQ(all.codes, all.kernels);
}

// Products of x with `count` different numbers, a kernel each.
int64_t steps_to_emit(int count) {
  std::string text = "func @f(%x: f32[4]) -> (";
  for (int i = 0; i < count; ++i) text += i == 0 ? "f32[4]" : ", f32[4]";
  text += ") {\n";
  for (int i = 0; i < count; ++i)
    text += fmt::format("  %c{0} = constant {{value = {0}.5}} : f32[4]\n  %v{0} = mul(%x, %c{0}) : f32[4]\n", i);
  text += "  return ";
  for (int i = 0; i < count; ++i) text += fmt::format("{}%v{}", i == 0 ? "" : ", ", i);
  const auto module = parse_module(text + "\n}\n", "products.ir");
  EXPECT_TRUE(module) << module.error().to_string();
  auto& function = *(*module)->functions.front();
  EXPECT_TRUE(run_passes(function, default_pipeline()));
  const MemoryPlan plan = plan_memory(function);
  const int64_t before = steps_taken;
  EXPECT_TRUE(compile(function, plan));
  return steps_taken - before;
}

TEST(DuplicateKernels, AreFoundWithoutComparingAllThatDifferInANumber) {
  EXPECT_LT(steps_to_emit(80), 5 * steps_to_emit(20));
}

}  // namespace
}  // namespace minnow

// Code grows no faster than the network, and is emitted in steps in proportion.
#include "tests/cases/large_network.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codegen/compile.h"
#include "ir/builder.h"
#include "ir/steps.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

struct Emitted {
  int64_t steps = 0, lines = 0;
};

// The plans of blocks' memory, which compare pairs within a bound of their own, apart.
Emitted emit(const Function& function) {
  const MemoryPlan plan = plan_memory(function);
  const int64_t before = steps_taken;
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kLoop) plan_body(*op);
  const int64_t planning = steps_taken - before;
  const auto text = emit_llvm_ir(function, plan);
  EXPECT_TRUE(text) << text.error().to_string();
  return {steps_taken - before - 2 * planning, text ? std::ranges::count(*text, '\n') : 0};
}

class LargeNetworkCode : public ::testing::TestWithParam<const char*> {};

TEST_P(LargeNetworkCode, GrowsInProportion) {
  const auto emitted = [&](int blocks) {
    const auto step = large_step(GetParam(), blocks);
    EXPECT_TRUE(run_passes(*step, default_pipeline()));
    return emit(*step);
  };
  const Emitted few = emitted(30);
  const Emitted many = emitted(120);
  EXPECT_LT(many.lines, 5 * few.lines);
  EXPECT_LT(many.steps, 5 * few.steps);
}

INSTANTIATE_TEST_SUITE_P(All, LargeNetworkCode,
                         ::testing::Values("dense", "batch_norm", "residual", "tanh", "branches"),
                         [](const auto& info) { return std::string(info.param); });

// A kernel's body of n ops v = f(v, v), of which 2^n paths lead from the first to the last.
std::string doublings(std::string_view kind, int count, bool reduces) {
  std::string text = fmt::format("func @f(%x: f32[32,16]) -> ({}) {{\n", reduces ? "f32[32]" : "f32[32,16]");
  text += fmt::format("  %0 = fused(%a0 = %x) {{kind = {}}} : {} {{\n", kind, reduces ? "f32[32]" : "f32[32,16]");
  std::string value = "%a0";
  for (int i = 0; i < count; ++i) {
    text += fmt::format("    %b{} = {}({}, {}) : f32[32,16]\n", i, i % 2 == 0 ? "add" : "max", value, value);
    value = fmt::format("%b{}", i);
  }
  if (reduces) text += fmt::format("    %b{} = reduce_sum({}) {{dims = [1]}} : f32[32]\n", count, value);
  return text + fmt::format("    return {}\n  }}\n  return %0\n}}\n", reduces ? fmt::format("%b{}", count) : value);
}

TEST(LargeBody, OfDoublingsIsEmittedOnce) {
  for (const bool reduces : {false, true}) {
    const auto module = parse_module(doublings(reduces ? "row" : "loop", 100, reduces), "f.ir");
    ASSERT_TRUE(module) << module.error().to_string();
    const Emitted code = emit(*(*module)->functions.front());
    EXPECT_LT(code.lines, 1000);
    EXPECT_LT(code.steps, 2000);
  }
}

}  // namespace
}  // namespace minnow

// Each kernel's LLVM IR and assembly is its own, and nobody else's.
#include <gmock/gmock.h>

#include "codegen/compile.h"
#include "ir/text.h"

namespace minnow {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Three kernels, the last of which has the code of the first.
constexpr char kText[] = R"(func @f(%x: f32[64], %y: f32[64]) -> (a: f32[64], b: f32[], c: f32[64]) {
  %0 = exp(%x) : f32[64]  loc("one")
  %1 = reduce_sum(%x) {dims = [0]} : f32[]  loc("two")
  %2 = exp(%y) : f32[64]  loc("three")
  return %0, %1, %2
}
)";

void check(const std::string& triple, const std::string& cpu, const std::string& marker) {
  const auto module = parse_module(kText, "f.ir");
  ASSERT_TRUE(module.has_value());
  const Function& function = *(*module)->functions.at(0);
  const auto texts = emit_kernel_texts(function, plan_memory(function), triple, cpu);
  ASSERT_TRUE(texts.has_value()) << texts.error().to_string();
  ASSERT_EQ(texts->size(), 3U);
  for (const KernelText& text : *texts) {
    EXPECT_THAT(text.llvm_ir, HasSubstr("@" + text.kernel.name));
    for (const KernelText& other : *texts)
      if (other.kernel.name != text.kernel.name && other.kernel.name != text.duplicate) {
        EXPECT_THAT(text.llvm_ir, Not(HasSubstr("@" + other.kernel.name)));
        EXPECT_THAT(text.assembly, Not(HasSubstr(other.kernel.name)));
      }
  }
  const KernelText& first = texts->at(0);
  EXPECT_THAT(first.llvm_ir, StartsWith("; %0 = exp, layer \"one\""));
  EXPECT_THAT(first.assembly, StartsWith(marker + " %0 = exp, layer \"one\""));
  EXPECT_THAT(first.assembly, HasSubstr("\n" + first.kernel.name + ":"));
  EXPECT_THAT(first.assembly, HasSubstr("\tret"));
  EXPECT_EQ(first.duplicate, "");
  EXPECT_EQ(texts->at(2).duplicate, first.kernel.name);
  EXPECT_EQ(texts->at(2).assembly, "");
}

TEST(KernelTexts, OfThisMachine) { check("", "", "#"); }
TEST(KernelTexts, OfAnotherMachine) { check("aarch64-linux-gnu", "generic", "//"); }

TEST(KernelTexts, AnUnknownMachineIsAnError) {
  const auto module = parse_module(kText, "f.ir");
  const Function& function = *(*module)->functions.at(0);
  EXPECT_FALSE(emit_kernel_texts(function, plan_memory(function), "nowhere-at-all").has_value());
}

}  // namespace
}  // namespace minnow

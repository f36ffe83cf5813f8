// Minimal filtering of convolutions with small windows: where it is less work, and that it computes what they do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codegen/schedule/choose_contraction.h"
#include "ir/text.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string schedule_of(const Shape& x, const Shape& w, const ConvAttributes& conv, bool is_in_block,
                        const std::string& cpu = "znver5", OpKind kind = OpKind::kConv) {
  Function function("f");
  Value* left = function.add_parameter("x", {DType::kF32, x});
  Value* right = function.add_parameter("w", {DType::kF32, w});
  const Value* result = Builder(function).create(kind, {left, right}, conv);
  const auto target = named_target("x86_64-linux-gnu", cpu);
  EXPECT_TRUE(target);
  return text_of(choose_contraction(*result->op, *target, is_in_block));
}

const auto kFilters = HasSubstr("minimal filtering");

TEST(Winograd, IsForManyChannels) {
  const ConvAttributes same = {.pad = {1, 1, 1, 1}};
  for (const char* cpu : {"znver5", "sapphirerapids", "haswell"}) {
    EXPECT_THAT(schedule_of({16, 32, 28, 28}, {32, 32, 3, 3}, same, true, cpu), kFilters);
    EXPECT_THAT(schedule_of({1, 32, 28, 28}, {32, 32, 3, 3}, same, false, cpu), kFilters);
  }
  EXPECT_THAT(schedule_of({16, 3, 28, 28}, {32, 3, 3, 3}, same, true), Not(kFilters));
  EXPECT_THAT(schedule_of({1, 32, 28, 28}, {4, 32, 3, 3}, same, false), Not(kFilters));
  ConvAttributes grouped = same;
  grouped.groups = 16;
  EXPECT_THAT(schedule_of({16, 32, 28, 28}, {32, 2, 3, 3}, grouped, true), Not(kFilters));
}

TEST(Winograd, IsForGradientsOfFilters) {
  const auto gradient = [](int64_t inputs, int64_t outputs, int64_t size) {
    const ConvAttributes conv = {.pad = {1, 1, 1, 1}, .shape = {outputs, inputs, 3, 3}};
    return schedule_of({16, inputs, size, size}, {16, outputs, size, size}, conv, true, "znver5", OpKind::kConvFilter);
  };
  EXPECT_THAT(gradient(32, 32, 28), HasSubstr("F(3x3, 2x2)"));
  EXPECT_THAT(gradient(64, 64, 8), HasSubstr("F(3x3, 2x2)"));
  EXPECT_THAT(gradient(16, 16, 32), Not(kFilters));
  EXPECT_THAT(gradient(32, 36, 28), Not(kFilters));  // which leave a quarter of the lanes empty
  EXPECT_THAT(gradient(64, 64, 3), Not(kFilters));
}

// Of five pixels a third of the tiles' are not there, and an image of few leaves lanes empty.
TEST(Winograd, IsForImagesThatFillTiles) {
  EXPECT_THAT(schedule_of({16, 16, 8, 8}, {16, 16, 3, 3}, {}, true), kFilters);
  EXPECT_THAT(schedule_of({16, 16, 3, 3}, {16, 16, 3, 3}, {}, true), Not(kFilters));
  EXPECT_THAT(schedule_of({1, 64, 10, 10}, {64, 64, 3, 3}, {}, false), kFilters);
  EXPECT_THAT(schedule_of({1, 64, 5, 5}, {64, 64, 3, 3}, {}, false), Not(kFilters));
}

TEST(Winograd, IsForWindowsOfThreeNeighbours) {
  EXPECT_THAT(schedule_of({16, 32, 28, 28}, {32, 32, 5, 5}, {}, true), Not(kFilters));
  EXPECT_THAT(schedule_of({16, 32, 28, 28}, {32, 32, 1, 3}, {}, true), Not(kFilters));
  EXPECT_THAT(schedule_of({16, 32, 28, 28}, {32, 32, 3, 3}, {.stride = {2, 2}}, true), Not(kFilters));
  EXPECT_THAT(schedule_of({16, 32, 28, 28}, {32, 32, 3, 3}, {.dilation = {1, 2}}, true), Not(kFilters));
}

constexpr char kInLoops[] = R"(
func @f(%x: f32[32,24,6,8], %z: f32[6,16,9,10], %w: f32[33,24,3,3], %v: f32[17,16,3,3]) -> (f32[32,33,6,8], f32[6,17,9,10]) {
  %0 = loop(%a0 = %x, %a1 = %w) {count = 2, block = 16, split = [0]} : f32[32,33,6,8] {
    %b0 = conv(%a0, %a1) {pad = [1, 1, 1, 1]} : f32[16,33,6,8]
    return %b0
  }
  %1 = loop(%a0 = %z, %a1 = %v) {count = 3, split = [0]} : f32[6,17,9,10] {
    %b0 = mul(%a1, %a1) : f32[17,16,3,3]
    %b1 = conv(%a0, %b0) {pad = [1, 1, 1, 1]} : f32[2,17,9,10]
    return %b1
  }
  return %0, %1
}
)";

// In front of a loop, or in it where each iteration has a filter of its own.
TEST(Winograd, TransformsFilters) {
  auto module = parse_module(kInLoops, "");
  ASSERT_TRUE(module) << module.error().to_string();
  const Function& function = *(*module)->functions[0];
  proof::Rng rng(5);
  const auto arguments = draw_arguments(function, std::vector<proof::Domain>(4), proof::Numbers::kUniform, rng);
  for (const char* cpu : {"", "x86-64-v3", "x86-64"}) {
    testing::CompiledProgram program(function, CompileOptions{.cpu = cpu});
    EXPECT_TRUE(agrees(testing::interpret_reference(function, arguments), program.run(arguments))) << cpu;
    EXPECT_TRUE(ignores_threads(program, arguments)) << cpu;
  }
}

}  // namespace
}  // namespace minnow

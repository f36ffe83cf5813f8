#include "passes/flatten_space.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/text.h"
#include "ir/verify.h"
#include "ir/windows.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

using proof::Numbers;

// One op of a kind, drawn at random.
struct Case {
  Function function{"f"};
  std::vector<proof::Domain> domains;

  Case(OpKind kind, proof::Rng& rng) {
    Builder b(function);
    proof::ParameterSource source(function, rng, {1, 2, 3, 4, 5, 7, 9}, {DType::kF32});
    function.add_result("y", proof::draw_op(kind, b, source, rng));
    domains = source.domains();
  }
};

bool has_other_space(const Function& function) {
  return std::ranges::any_of(function.ops(),
                             [](const auto& op) { return has_trait(op->kind, kWindow) && space_dims(*op) != 2; });
}

class FlattenedOp : public ::testing::TestWithParam<OpKind> {};

TEST_P(FlattenedOp, MeansTheSame) {
  const OpKind kind = GetParam();
  const bool is_conv = has_trait(kind, kContraction);
  int seen = 0;
  for (uint32_t seed = 0; seen < 120; ++seed) {
    proof::Rng rng(seed);
    const Case c(kind, rng);
    if (!has_other_space(c.function)) continue;
    ++seen;
    SCOPED_TRACE(print(c.function));
    auto flat = c.function.clone();
    EXPECT_TRUE(flatten_space(*flat));
    EXPECT_FALSE(has_other_space(*flat));
    ASSERT_TRUE(verify(*flat)) << print(*flat);
    for (const Numbers numbers : {Numbers::kWhole, is_conv ? Numbers::kWhole : Numbers::kSingular}) {
      const auto arguments = proof::draw_arguments(c.function, c.domains, numbers, rng);
      const testing::Reference expected = testing::interpret_reference(c.function, arguments);
      const testing::Reference actual = testing::interpret_reference(*flat, arguments);
      const bool is_exact = numbers == Numbers::kWhole || kind == OpKind::kWindowMax;
      const testing::Tolerance tolerance{
          .relative = is_exact ? 0 : 1e-5, .absolute = is_exact ? 0 : 1e-5, .signed_zeros = !is_conv};
      EXPECT_TRUE(testing::agrees(expected.results[0], actual.results[0], tolerance)) << print(*flat);
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, FlattenedOp,
                         ::testing::Values(OpKind::kConv, OpKind::kConvInput, OpKind::kConvFilter, OpKind::kWindowMax,
                                           OpKind::kWindowSum, OpKind::kWindowSpread, OpKind::kWindowPick),
                         [](const auto& info) { return std::string(mnemonic(info.param)); });

// What needs a tensor or an attribute beyond what the IR allows stays.
TEST(FlattenSpace, LeavesWhatWouldBeTooLarge) {
  for (const char* text : {
           // The images under every depth of the filter: more than 2^31 elements.
           "func @f(%x: f32[1,1,65536,8,1024], %w: f32[1,1,60000,3,3]) -> (f32[1,1,5537,6,1022]) {\n"
           "  %0 = conv(%x, %w) : f32[1,1,5537,6,1022]\n  return %0\n}\n",
           // A filter that reaches more than 2^20 rows down.
           "func @f(%x: f32[1,1,1,2097153,1], %w: f32[1,1,1,3,1]) -> (f32[1,1,1,1,1]) {\n"
           "  %0 = conv(%x, %w) {dilation = [1, 1048576, 1]} : f32[1,1,1,1,1]\n  return %0\n}\n",
           // Nothing at all.
           "func @f(%x: f32[0,1,3,3,3], %w: f32[1,1,2,2,2]) -> (f32[0,1,2,2,2]) {\n"
           "  %0 = conv(%x, %w) : f32[0,1,2,2,2]\n  return %0\n}\n",
       }) {
    const auto module = parse_module(text, "test.ir");
    ASSERT_TRUE(module) << module.error().to_string();
    EXPECT_FALSE(flatten_space(*(*module)->functions[0]));
    EXPECT_EQ(print(**module), text);
  }
}

}  // namespace
}  // namespace minnow

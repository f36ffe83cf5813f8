#include "passes/group/fuse.h"

#include <gtest/gtest.h>

#include "ir/builder.h"
#include "passes/group/grow_cluster.h"
#include "passes/group/kernel_form.h"
#include "tests/passes/group/fuse_and_compare.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parse(const std::string& text) {
  auto module = parse_module(text, "test.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return std::move((*module)->functions.front());
}

TEST(Fuse, ElementwiseChainBecomesOneLoop) {
  auto function = parse(R"(
    func @f(%x: f32[5,7], %b: f32[7]) -> (f32[5,7]) {
      %0 = broadcast(%b) {dims = [1]} : f32[5,7]  loc("a")
      %1 = add(%x, %0) : f32[5,7]  loc("a")
      %2 = tanh(%1) : f32[5,7]  loc("b")
      %3 = mul(%2, %1) : f32[5,7]  loc("c", gradient)
      return %3
    })");
  fuse_and_compare(*function);
  ASSERT_EQ(function->ops().size(), 1u);
  EXPECT_EQ(function->ops().front()->location, (Location{"c", Phase::kGradient}));
}

TEST(Fuse, AValueWithUsersOutsideIsAResult) {
  auto function = parse(R"(
    func @f(%x: f32[5,7]) -> (f32[5,7], f32[7]) {
      %0 = exp(%x) : f32[5,7]  loc("a")
      %1 = neg(%0) : f32[5,7]  loc("a")
      %2 = reduce_sum(%0) {dims = [0]} : f32[7]  loc("a")
      return %1, %2
    })");
  fuse_and_compare(*function);
  EXPECT_EQ(fused_ops(*function, FusionKind::kLoop).at(0)->results.size(), 2u);
}

TEST(Fuse, NeverMakesACycle) {
  auto function = parse(R"(
    func @f(%x: f32[4,4], %w: f32[4,4]) -> (f32[4,4]) {
      %0 = neg(%x) : f32[4,4]  loc("a")
      %1 = dot(%0, %w) {contract = [1, 0]} : f32[4,4]  loc("a")
      %2 = abs(%1) : f32[4,4]  loc("a")
      %3 = add(%0, %2) : f32[4,4]  loc("a")
      %4 = mul(%3, %3) : f32[4,4]  loc("a")
      return %4
    })");
  fuse_and_compare(*function);
  EXPECT_EQ(function->ops().size(), 2u) << print(*function);
}

TEST(Fuse, DoesNotRepeatExpensiveWork) {
  auto function = parse(R"(
    func @f(%x: f32[5,7], %b: f32[7]) -> (f32[5,7]) {
      %0 = exp(%b) : f32[7]  loc("a")
      %1 = broadcast(%0) {dims = [1]} : f32[5,7]  loc("a")
      %2 = mul(%x, %1) : f32[5,7]  loc("a")
      return %2
    })");
  fuse_and_compare(*function);
  EXPECT_EQ(function->ops().front()->kind, OpKind::kExp);
  EXPECT_EQ(fused_ops(*function, FusionKind::kLoop).size(), 1u);
}

TEST(Fuse, AnIndexMapIsComputedOnDemand) {
  auto function = parse(R"(
    func @f(%x: f32[5,7], %y: f32[7,5]) -> (f32[7,5]) {
      %0 = exp(%x) : f32[5,7]  loc("a")
      %1 = transpose(%0) {dims = [1, 0]} : f32[7,5]  loc("a")
      %2 = add(%1, %y) : f32[7,5]  loc("a")
      return %2
    })");
  fuse_and_compare(*function);
  EXPECT_EQ(function->ops().size(), 1u);
}

TEST(Fuse, LeavesAReadAtTwoIndicesOutside) {
  auto function = parse(R"(
    func @f(%x: f32[5,5]) -> (f32[5,5]) {
      %0 = exp(%x) : f32[5,5]  loc("a")
      %1 = transpose(%0) {dims = [1, 0]} : f32[5,5]  loc("a")
      %2 = add(%1, %0) : f32[5,5]  loc("a")
      return %2
    })");
  fuse_and_compare(*function);
  const Op& loop = *fused_ops(*function, FusionKind::kLoop).at(0);
  EXPECT_NE(holds(loop, OpKind::kExp), holds(loop, OpKind::kTranspose)) << print(*function);
}

TEST(Fuse, EpilogueTakesBiasAndActivation) {
  auto function = parse(R"(
    func @f(%x: f32[4,6], %w: f32[6,8], %b: f32[8]) -> (f32[4,8], pred[4,8]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[4,8]  loc("fc")
      %1 = broadcast(%b) {dims = [1]} : f32[4,8]  loc("fc")
      %2 = add(%0, %1) : f32[4,8]  loc("fc")
      %3 = constant {value = 0} : f32[4,8]  loc("fc")
      %4 = max(%2, %3) : f32[4,8]  loc("fc")
      %5 = gt(%2, %3) : pred[4,8]  loc("fc", gradient)
      return %4, %5
    })");
  fuse_and_compare(*function);
  ASSERT_EQ(function->ops().size(), 1u) << print(*function);
  EXPECT_EQ(fused_ops(*function, FusionKind::kContraction).at(0)->results.size(), 2u);
}

TEST(Fuse, NoForwardTensorIsKeptForTheGradientInVain) {
  auto function = parse(R"(
    func @f(%x: f32[4,6], %w: f32[6,8], %g: f32[4,8]) -> (f32[4,8], f32[4,8]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[4,8]  loc("fc")
      %1 = sigmoid(%0) : f32[4,8]  loc("fc")
      %2 = reduce_sum(%g) {dims = [0]} : f32[8]  loc("fc")
      %3 = broadcast(%2) {dims = [1]} : f32[4,8]  loc("fc", gradient)
      %4 = mul(%1, %1) : f32[4,8]  loc("fc", gradient)
      %5 = mul(%4, %3) : f32[4,8]  loc("fc", gradient)
      return %1, %5
    })");
  fuse_and_compare(*function);
  EXPECT_EQ(fused_ops(*function, FusionKind::kContraction).at(0)->results.size(), 1u) << print(*function);
  EXPECT_EQ(fused_ops(*function, FusionKind::kLoop).size(), 1u);
}

// Rows as wide as there are rows: [4] may be a column or per row.
TEST(Fuse, SquareLayerNormIsOneRow) {
  auto function = parse(R"(
    func @f(%x: f32[4,4], %gain: f32[4]) -> (f32[4,4]) {
      %0 = reduce_sum(%x) {dims = [1]} : f32[4]  loc("ln")
      %1 = broadcast(%0) {dims = [0]} : f32[4,4]  loc("ln")
      %2 = sub(%x, %1) : f32[4,4]  loc("ln")
      %3 = mul(%2, %2) : f32[4,4]  loc("ln")
      %4 = reduce_sum(%3) {dims = [1]} : f32[4]  loc("ln")
      %5 = sqrt(%4) : f32[4]  loc("ln")
      %6 = broadcast(%5) {dims = [0]} : f32[4,4]  loc("ln")
      %7 = div(%2, %6) : f32[4,4]  loc("ln")
      %8 = broadcast(%gain) {dims = [1]} : f32[4,4]  loc("ln")
      %9 = mul(%7, %8) : f32[4,4]  loc("ln")
      return %9
    })");
  fuse_and_compare(*function);
  ASSERT_EQ(function->ops().size(), 1u) << print(*function);
  EXPECT_EQ(std::get<RowShape>(*kernel_form(*function->ops().front())), (RowShape{{4}, {4}}));
}

TEST(Fuse, AColumnMayNotComeOutOfTheRows) {
  auto function = parse(R"(
    func @f(%x: f32[4,4]) -> (f32[4,4]) {
      %0 = reduce_sum(%x) {dims = [1]} : f32[4]  loc("a")
      %1 = neg(%0) : f32[4]  loc("a")
      %2 = broadcast(%1) {dims = [1]} : f32[4,4]  loc("a")
      %3 = add(%x, %2) : f32[4,4]  loc("a")
      return %3
    })");
  fuse_and_compare(*function);
  for (const Op* row : fused_ops(*function, FusionKind::kRow)) EXPECT_FALSE(holds(*row, OpKind::kBroadcast));
}

TEST(Fuse, LeavesRowsThatAreTooWide) {
  auto function = parse(R"(
    func @f(%x: f32[2,5000]) -> (f32[2]) {
      %0 = exp(%x) : f32[2,5000]  loc("a")
      %1 = reduce_sum(%0) {dims = [1]} : f32[2]  loc("a")
      return %1
    })");
  EXPECT_FALSE(fuse(*function));
}

TEST(Fuse, CutsAChainThatIsLongerThanAKernelMayBe) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, {4}});
  const auto most = static_cast<size_t>(int64_t{kMaxKernelOps});
  for (size_t i = 0; i < 2 * most; ++i) x = b.unary(i % 2 == 0 ? OpKind::kTanh : OpKind::kNegate, x);
  function.add_result("", x);
  fuse_and_compare(function);
  const auto loops = fused_ops(function, FusionKind::kLoop);
  ASSERT_EQ(loops.size(), 2U);
  for (const Op* loop : loops) EXPECT_EQ(loop->body->ops().size(), most);
}

TEST(Fuse, LeavesTheRestOfALongEpilogueToALoop) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, {4, 4}});
  Value* y = b.dot(x, x);
  const auto most = static_cast<size_t>(int64_t{kMaxEpilogueOps});
  for (size_t i = 0; i < most + 4; ++i) y = b.unary(i % 2 == 0 ? OpKind::kTanh : OpKind::kNegate, y);
  function.add_result("", y);
  fuse_and_compare(function);
  const auto contractions = fused_ops(function, FusionKind::kContraction);
  ASSERT_EQ(contractions.size(), 1U);
  EXPECT_EQ(contractions.front()->body->ops().size(), most);
  const auto loops = fused_ops(function, FusionKind::kLoop);
  ASSERT_EQ(loops.size(), 1U);
  EXPECT_EQ(loops.front()->body->ops().size(), 5U);
}

}  // namespace
}  // namespace minnow

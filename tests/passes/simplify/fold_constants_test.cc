// Constants fold to what the op means, in its own element type, special values included.
#include "passes/simplify/fold_constants.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "ir/builder.h"

namespace minnow {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The number that the op of these scalars folds to.
double folded(OpKind kind, const std::vector<DType>& dtypes, const std::vector<double>& numbers,
              TensorType declared = {}) {
  Function function("f");
  Builder b(function);
  std::vector<Value*> operands;
  for (size_t i = 0; i < numbers.size(); ++i)
    operands.push_back(b.constant({dtypes[std::min(i, dtypes.size() - 1)], {}}, numbers[i]));
  function.add_result("y", b.create(kind, operands, {}, std::move(declared)));
  EXPECT_TRUE(fold_constants(function)) << mnemonic(kind);
  const Op* op = function.results()[0].value->op;
  EXPECT_EQ(op->kind, OpKind::kConstant) << mnemonic(kind);
  return op->kind == OpKind::kConstant ? op->attr<ConstantAttributes>().values[0] : std::nan("");
}

double converted(DType from, DType to, double x) { return folded(OpKind::kConvert, {from}, {x}, {to, {}}); }

TEST(FoldConstants, ConvertsToIntegersTowardsZeroAndHoldsToTheirRange) {
  EXPECT_EQ(converted(DType::kF32, DType::kI32, 3.75), 3);
  EXPECT_EQ(converted(DType::kF32, DType::kI32, -3.75), -3);
  EXPECT_EQ(converted(DType::kF32, DType::kU8, 255.5), 255);
  EXPECT_EQ(converted(DType::kF32, DType::kU8, -1), 0);
  EXPECT_EQ(converted(DType::kF64, DType::kI32, -kInfinity), -2147483648.0);
  EXPECT_EQ(converted(DType::kF64, DType::kI32, std::nan("")), 0);
}

TEST(FoldConstants, KnowNoNegativeZeroAmongIntegers) {
  for (const double x : {-0.0, -0.25}) EXPECT_FALSE(std::signbit(converted(DType::kF32, DType::kI32, x)));
}

TEST(FoldConstants, AreAsPreciseAsTheElementType) {
  const double third = 1.0 / 3;
  EXPECT_EQ(folded(OpKind::kDivide, {DType::kF64}, {1, 3}), third);
  EXPECT_EQ(folded(OpKind::kDivide, {DType::kF32}, {1, 3}), static_cast<double>(1.0F / 3.0F));
  EXPECT_EQ(converted(DType::kF64, DType::kF32, third), static_cast<double>(static_cast<float>(third)));
  const double x = 1 + 0x1p-12;  // its square has a last bit that f32 has no room for
  EXPECT_EQ(folded(OpKind::kMultiplyAdd, {DType::kF32}, {x, x, -1 - 0x1p-11}), 0x1p-24);
}

TEST(FoldConstants, WrapAroundAmongIntegers) {
  EXPECT_EQ(folded(OpKind::kAdd, {DType::kI32}, {2147483647, 1}), -2147483648.0);
  EXPECT_EQ(folded(OpKind::kMultiply, {DType::kI32}, {65536, 65537}), 65536);
}

TEST(FoldConstants, CompareAndSelect) {
  EXPECT_EQ(folded(OpKind::kLess, {DType::kF32}, {1, 1}), 0);
  EXPECT_EQ(folded(OpKind::kNotEqual, {DType::kF32}, {std::nan(""), 1}), 1);
  for (const double p : {0.0, 1.0})
    EXPECT_EQ(folded(OpKind::kSelect, {DType::kPred, DType::kF32}, {p, 5, 7}), p == 1 ? 5 : 7);
}

TEST(FoldConstants, RoundToTheEvenOfTwo) {
  for (const auto& [x, expected] : std::vector<std::pair<double, double>>{{0.5, 0}, {1.5, 2}, {-2.5, -2}, {3.25, 3}})
    EXPECT_EQ(folded(OpKind::kRound, {DType::kF32}, {x}), expected);
  EXPECT_TRUE(std::signbit(folded(OpKind::kRound, {DType::kF32}, {-0.25})));
}

// Every elementwise op folds, whichever is added: nothing but the op table says which there are.
TEST(FoldConstants, KnowEveryElementwiseOp) {
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    if (!has_trait(kind, kElementwise)) continue;
    const bool is_logical = kind == OpKind::kNot || kind == OpKind::kAnd || kind == OpKind::kOr;
    std::vector<DType> dtypes = {is_logical ? DType::kPred : DType::kF32};
    if (kind == OpKind::kSelect) dtypes = {DType::kPred, DType::kF32};
    folded(kind, dtypes, std::vector<double>(static_cast<size_t>(op_info(kind).operands), 1), {DType::kF32, {}});
  }
}

}  // namespace
}  // namespace minnow

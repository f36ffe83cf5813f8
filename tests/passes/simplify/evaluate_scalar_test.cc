#include "passes/simplify/evaluate_scalar.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

namespace minnow {
namespace {

using testing::Optional;

std::optional<double> converted(DType from, DType to, double x) {
  return evaluate_scalar(OpKind::kConvert, from, to, std::vector<double>{x});
}

std::optional<double> evaluated(OpKind kind, DType dtype, const std::vector<double>& arguments) {
  return evaluate_scalar(kind, dtype, dtype, arguments);
}

TEST(EvaluateScalar, ConvertsToIntegersTowardsZero) {
  EXPECT_THAT(converted(DType::kF32, DType::kI32, 3.75), Optional(3.0));
  EXPECT_THAT(converted(DType::kF32, DType::kI32, -3.75), Optional(-3.0));
  EXPECT_THAT(converted(DType::kF32, DType::kU8, 255.5), Optional(255.0));
  EXPECT_THAT(converted(DType::kF64, DType::kI32, 2147483647.5), Optional(2147483647.0));
  EXPECT_THAT(converted(DType::kF64, DType::kI32, -2147483648.5), Optional(-2147483648.0));
}

TEST(EvaluateScalar, ConvertsToNoNegativeZeroAmongIntegers) {
  for (const DType to : {DType::kI32, DType::kU8})
    for (const double x : {-0.0, -0.25}) {
      const auto whole = converted(DType::kF32, to, x);
      EXPECT_THAT(whole, Optional(0.0));
      EXPECT_FALSE(std::signbit(*whole));
    }
}

TEST(EvaluateScalar, LeavesConversionsThatAreOutOfRange) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double x : {256.0, -1.0, kInfinity, -kInfinity, std::nan("")})
    EXPECT_EQ(converted(DType::kF32, DType::kU8, x), std::nullopt) << x;
  for (const double x : {2147483648.0, -2147483649.0, kInfinity, -kInfinity, std::nan("")})
    EXPECT_EQ(converted(DType::kF64, DType::kI32, x), std::nullopt) << x;
}

TEST(EvaluateScalar, ConvertsWhatIsNotZeroToTrue) {
  for (const double x : {0.25, -1.0, std::nan("")}) EXPECT_THAT(converted(DType::kF32, DType::kPred, x), Optional(1.0));
  for (const double x : {0.0, -0.0}) EXPECT_THAT(converted(DType::kF32, DType::kPred, x), Optional(0.0));
}

TEST(EvaluateScalar, IsAsPreciseAsTheElementType) {
  const double third = 1.0 / 3;
  EXPECT_THAT(evaluated(OpKind::kDivide, DType::kF64, {1, 3}), Optional(third));
  EXPECT_THAT(evaluated(OpKind::kDivide, DType::kF32, {1, 3}), Optional(static_cast<double>(1.0F / 3.0F)));
  EXPECT_THAT(converted(DType::kF64, DType::kF32, third), Optional(static_cast<double>(static_cast<float>(third))));
  EXPECT_THAT(evaluated(OpKind::kNegate, DType::kF32, {third}), Optional(-static_cast<double>(1.0F / 3.0F)));
}

TEST(EvaluateScalar, WrapsAroundAmongIntegers) {
  EXPECT_THAT(evaluated(OpKind::kAdd, DType::kI32, {2147483647, 1}), Optional(-2147483648.0));
  EXPECT_THAT(evaluated(OpKind::kMultiply, DType::kI32, {65536, 65537}), Optional(65536.0));
  EXPECT_EQ(evaluated(OpKind::kAdd, DType::kU8, {1, 1}), std::nullopt);
}

TEST(EvaluateScalar, RoundsAProductAndASumOnce) {
  const double x = 1 + 0x1p-12;  // its square has a last bit that f32 has no room for
  EXPECT_THAT(evaluated(OpKind::kMultiplyAdd, DType::kF32, {x, x, -1 - 0x1p-11}), Optional(0x1p-24));
  const double y = 1 + 0x1p-27;
  EXPECT_THAT(evaluated(OpKind::kMultiplyAdd, DType::kF64, {y, y, -1 - 0x1p-26}), Optional(0x1p-54));
}

TEST(EvaluateScalar, SigmoidStaysFiniteFarFromZero) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    EXPECT_THAT(evaluated(OpKind::kSigmoid, dtype, {1000}), Optional(1.0));
    EXPECT_THAT(evaluated(OpKind::kSigmoid, dtype, {0}), Optional(0.5));
    EXPECT_THAT(evaluated(OpKind::kSigmoid, dtype, {-1000}), Optional(0.0));
  }
}

TEST(EvaluateScalar, ComparesAndSelects) {
  EXPECT_THAT(evaluate_scalar(OpKind::kLess, DType::kF32, DType::kPred, std::vector<double>{1, 1}), Optional(0.0));
  EXPECT_THAT(evaluate_scalar(OpKind::kLessEqual, DType::kF32, DType::kPred, std::vector<double>{1, 1}), Optional(1.0));
  EXPECT_THAT(evaluated(OpKind::kNot, DType::kPred, {0}), Optional(1.0));
  for (const double p : {0.0, 1.0})
    EXPECT_THAT(evaluate_scalar(OpKind::kSelect, DType::kF32, DType::kF32, std::vector<double>{p, 5, 7}),
                Optional(p == 1 ? 5.0 : 7.0));
}

}  // namespace
}  // namespace minnow

// The f32 functions against double precision, over numbers of every sign and magnitude, and at special
// numbers.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "ir/builder.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

std::vector<float> apply(OpKind kind, const std::vector<std::vector<float>>& operands) {
  Function function("f");
  const TensorType type{DType::kF32, {std::ssize(operands[0])}};
  std::vector<Tensor> arguments;
  std::vector<Value*> parameters;
  for (const std::vector<float>& operand : operands) {
    arguments.push_back(Tensor::from<float>(type, std::span<const float>(operand)));
    parameters.push_back(function.add_parameter(fmt::format("x{}", parameters.size()), type));
  }
  function.add_result("y", Builder(function).create(kind, parameters));
  const Tensor result = std::move(testing::CompiledProgram(function).run(arguments)[0]);
  return {result.as<float>().begin(), result.as<float>().end()};
}

// Every 1009th float there is (a prime, so that the low bits vary), zeros, infinities, NaN, and the ends of
// the range.
std::vector<float> floats_of_all_sizes() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> numbers = {
      0, -0.0F, HUGE_VALF, -HUGE_VALF, NAN, Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min()};
  for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 1009)
    if (const auto x = std::bit_cast<float>(static_cast<uint32_t>(bits)); !std::isnan(x)) numbers.push_back(x);
  return numbers;
}

// The unit of the last place of `x`, which is finite.
double unit_of(float x) { return std::ldexp(1.0, std::max(x == 0 ? -126 : std::ilogb(x), -126) - 23); }

// The distance in units of the last place of the float nearest to `exact`; denormals share the smallest unit.
double ulps(double exact, float actual) {
  const auto nearest = static_cast<float>(exact);
  if (std::isnan(exact) && std::isnan(actual)) return 0;
  if (!std::isfinite(nearest) || !std::isfinite(actual)) return nearest == actual ? 0 : HUGE_VAL;
  const bool is_other_zero = nearest == 0 && actual == 0 && std::signbit(nearest) != std::signbit(actual);
  return is_other_zero ? HUGE_VAL : std::abs(exact - static_cast<double>(actual)) / unit_of(nearest);
}

// Expects every result to be within `bound` ulp.
void expect_within(double bound, const std::vector<float>& results, const std::function<double(size_t)>& exact,
                   const std::function<std::string(size_t)>& describe) {
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const double error = ulps(exact(i), results[i]);
    if (error > worst) worst = error, where = i;
  }
  EXPECT_LE(worst, bound) << describe(where) << " is " << results[where] << " instead of " << exact(where);
}

struct Bound {
  OpKind kind;
  double (*exact)(double);
  double ulps;
  friend void PrintTo(const Bound& bound, std::ostream* out) { *out << mnemonic(bound.kind); }
};

class VectorMath : public ::testing::TestWithParam<Bound> {};

TEST_P(VectorMath, IsWithinItsBound) {
  const auto& [kind, exact, bound] = GetParam();
  const std::vector<float> x = floats_of_all_sizes();
  expect_within(
      bound, apply(kind, {x}), [&](size_t i) { return exact(x[i]); },
      [&](size_t i) { return fmt::format("{}({})", mnemonic(kind), x[i]); });
}

// Codegen answers what it is at -87 for all that lies below.
double sigmoid(double x) { return 1 / (1 + std::exp(-std::max(x, -87.0))); }

// As codegen/scalar_math.h promises.
INSTANTIATE_TEST_SUITE_P(AllFloats, VectorMath,
                         ::testing::Values(Bound{OpKind::kExp, std::exp, 1.1}, Bound{OpKind::kLog, std::log, 0.9},
                                           Bound{OpKind::kLog1p, std::log1p, 1.5}, Bound{OpKind::kTanh, std::tanh, 1.4},
                                           Bound{OpKind::kSigmoid, sigmoid, 2.4}, Bound{OpKind::kErf, std::erf, 1.1},
                                           Bound{OpKind::kSqrt, std::sqrt, 0.5}, Bound{OpKind::kSin, std::sin, 0.6},
                                           Bound{OpKind::kCos, std::cos, 0.6}),
                         [](const auto& info) { return std::string(op_info(info.param.kind).name); });

TEST(VectorMathTest, PowerIsWithinItsBound) {
  const std::vector<float> exponents = {-HUGE_VALF, -3.7F, -2, -1, -0.5F, -0.0F,     0,
                                        1.0F / 3,   0.5F,  1,  2,  3,     HUGE_VALF, NAN};
  const std::vector<float> x = floats_of_all_sizes();
  std::vector<float> y;
  for (size_t i = 0; i < x.size(); ++i) y.push_back(exponents[i % exponents.size()]);
  expect_within(
      1.0, apply(OpKind::kPower, {x, y}), [&](size_t i) { return std::pow(static_cast<double>(x[i]), y[i]); },
      [&](size_t i) { return fmt::format("pow({}, {})", x[i], y[i]); });
}

}  // namespace
}  // namespace minnow

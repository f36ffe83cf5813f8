// Elementwise functions and activations, compiled, against double precision: values and gradients over floats of every
// sign and magnitude, as proof/accuracy.h says.
#include "proof/accuracy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "frontend/lower/composites.h"
#include "ir/infer.h"
#include "passes/gradient/autodiff.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

using spec::Activation;

// What a row of the table is, in double.
struct Exact {
  std::string_view function;
  Value* (*build)(Builder&, Value*);
  double (*value)(double);
  double (*gradient)(double);  // nullptr: there is none
  friend void PrintTo(const Exact& exact, std::ostream* out) { *out << exact.function; }
};

template <OpKind kind>
Value* op(Builder& b, Value* x) {
  return b.unary(kind, x);
}
template <Activation::Function function>
Value* activation(Builder& b, Value* x) {
  return activate(b, x, function);
}

double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double sigmoid_slope(double x) { return sigmoid(x) * sigmoid(-x); }
double tanh_slope(double x) { return 1 / std::cosh(x) / std::cosh(x); }
double bell(double x) { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
double upper_normal(double x) { return std::erfc(x / std::numbers::sqrt2) / 2; }

double exact_softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double relu6(double x) { return x > 6 ? 6 : x < 0 ? 0 : x; }
double gelu_exponent(double x) { return 2 * std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x); }

constexpr Exact kExact[] = {
    {"neg", op<OpKind::kNegate>, [](double x) { return -x; }, [](double) { return -1.0; }},
    {"abs", op<OpKind::kAbs>, [](double x) { return std::abs(x); },
     [](double x) { return x > 0   ? 1.0
                           : x < 0 ? -1.0
                                   : x; }},
    {"exp", op<OpKind::kExp>, std::exp, std::exp},
    {"log", op<OpKind::kLog>, std::log, [](double x) { return 1 / x; }},
    {"log1p", op<OpKind::kLog1p>, std::log1p, [](double x) { return 1 / (1 + x); }},
    {"expm1", op<OpKind::kExpm1>, std::expm1, std::exp},
    {"sqrt", op<OpKind::kSqrt>, std::sqrt, [](double x) { return 0.5 / std::sqrt(x); }},
    {"tanh", op<OpKind::kTanh>, std::tanh, tanh_slope},
    {"sigmoid", op<OpKind::kSigmoid>, sigmoid, sigmoid_slope},
    {"erf", op<OpKind::kErf>, std::erf, bell},
    {"sign", op<OpKind::kSign>, [](double x) { return x > 0   ? 1
                                                      : x < 0 ? -1
                                                              : x; }, nullptr},
    {"floor", op<OpKind::kFloor>, std::floor, nullptr},
    {"round", op<OpKind::kRound>, std::nearbyint, nullptr},
    {"erfc", op<OpKind::kErfc>, std::erfc, [](double x) { return -bell(x); }},
    {"cos", op<OpKind::kCos>, std::cos, [](double x) { return -std::sin(x); }},
    {"sin", op<OpKind::kSin>, std::sin, std::cos},
    {"atan", op<OpKind::kAtan>, std::atan, [](double x) { return 1 / (1 + x * x); }},
    {"RELU", activation<Activation::RELU>, [](double x) { return std::isnan(x) ? x
                                                                 : x > 0       ? x
                                                                               : 0; },
     [](double x) { return x > 0 ? 1.0 : 0.0; }},
    {"LEAKY_RELU", activation<Activation::LEAKY_RELU>, [](double x) { return x > 0 ? x : 0.01F * x; },
     [](double x) { return x > 0 ? 1.0 : double{0.01F}; }},
    {"SIGMOID", activation<Activation::SIGMOID>, sigmoid, sigmoid_slope},
    {"TANH", activation<Activation::TANH>, std::tanh, tanh_slope},
    {"GELU", activation<Activation::GELU>, [](double x) { return x * upper_normal(-x); },
     [](double x) { return upper_normal(-x) + x * bell(x / std::numbers::sqrt2) / 2 / std::numbers::sqrt2; }},
    {"SILU", activation<Activation::SILU>, [](double x) { return x * sigmoid(x); },
     [](double x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }},
    {"SOFTPLUS", activation<Activation::SOFTPLUS>, exact_softplus, sigmoid},
    {"ELU", activation<Activation::ELU>, [](double x) { return x > 0 ? x : std::expm1(x); },
     [](double x) { return x > 0 ? 1 : std::exp(x); }},
    {"RELU6", activation<Activation::RELU6>, relu6, [](double x) { return x > 0 && x < 6 ? 1.0 : 0.0; }},
    {"HARD_SIGMOID", activation<Activation::HARD_SIGMOID>, [](double x) { return relu6(x + 3) / 6; },
     [](double x) { return x > -3 && x < 3 ? 1.0 / 6 : 0.0; }},
    {"HARD_SWISH", activation<Activation::HARD_SWISH>, [](double x) { return x * relu6(x + 3) / 6; },
     [](double x) { return x <= -3  ? 0
                           : x >= 3 ? 1
                                    : (2 * x + 3) / 6; }},
    {"MISH", activation<Activation::MISH>, [](double x) { return x * std::tanh(exact_softplus(x)); },
     [](double x) { return std::tanh(exact_softplus(x)) + x * tanh_slope(exact_softplus(x)) * sigmoid(x); }},
    {"GELU_TANH", activation<Activation::GELU_TANH>, [](double x) { return x * sigmoid(gelu_exponent(x)); },
     [](double x) {
       if (std::abs(x) > 12) return x > 0 ? 1.0 : 0.0;
       const double slope = 2 * std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
       return sigmoid(gelu_exponent(x)) + x * sigmoid_slope(gelu_exponent(x)) * slope;
     }},
};

// Every `stride`th float there is (a prime, so that the low bits vary), zeros, infinities, NaN, and the ends of the
// range.
std::vector<float> floats_of_all_sizes(uint64_t stride) {
  using Limits = std::numeric_limits<float>;
  std::vector<float> numbers = {
      0, -0.0F, HUGE_VALF, -HUGE_VALF, NAN, Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min()};
  for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride)
    if (const auto x = std::bit_cast<float>(static_cast<uint32_t>(bits)); !std::isnan(x)) numbers.push_back(x);
  return numbers;
}

struct Outcome {
  std::vector<float> value, gradient;
};

Outcome run(const Exact& exact, const std::vector<float>& numbers) {
  Function function("f");
  Builder b(function);
  const TensorType type{DType::kF32, {std::ssize(numbers)}};
  Value* x = function.add_parameter("x", type);
  Value* y = exact.build(b, x);
  std::vector<Value*> gradients = {b.like(x, 0)};
  if (exact.gradient != nullptr) {
    EXPECT_TRUE(differentiate(function, b.reduce_sum(y, {0}), {x}, gradients));
  }
  function.add_result("value", y);
  function.add_result("gradient", gradients[0]);
  std::vector<Tensor> arguments;
  arguments.push_back(Tensor::from<float>(type, std::span<const float>(numbers)));
  const auto results = testing::CompiledProgram(function).run(arguments);
  const auto elements = [&](size_t i) {
    return std::vector<float>(results[i].as<float>().begin(), results[i].as<float>().end());
  };
  return {elements(0), elements(1)};
}

double unit_of(float x) { return std::ldexp(1.0, std::max(x == 0 ? -126 : std::ilogb(x), -126) - 23); }

double ulps(double exact, float actual) {
  const auto nearest = static_cast<float>(exact);
  if (std::isnan(exact) && std::isnan(actual)) return 0;
  if (!std::isfinite(nearest) || !std::isfinite(actual)) return nearest == actual ? 0 : HUGE_VAL;
  return std::abs(exact - static_cast<double>(actual)) / unit_of(nearest);
}

// Expects every result to be within `bound` ulp, or off by no more than `error`.
void expect_within(double bound, double error, const std::vector<float>& results,
                   const std::function<double(size_t)>& exact, const std::function<std::string(size_t)>& describe) {
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    if (std::abs(exact(i) - double{results[i]}) <= error) continue;
    const double off = ulps(exact(i), results[i]);
    if (off > worst) worst = off, where = i;
  }
  EXPECT_LE(worst, bound) << describe(where) << " is " << results[where] << " instead of " << exact(where);
}

class AccuracyTest : public ::testing::TestWithParam<Exact> {};

TEST_P(AccuracyTest, IsWithinItsBounds) {
  const Exact& exact = GetParam();
  const auto* row = std::ranges::find(proof::kAccuracies, exact.function, &proof::Accuracy::function);
  ASSERT_NE(row, std::end(proof::kAccuracies));
  const std::vector<float> x = floats_of_all_sizes(5003);
  const Outcome actual = run(exact, x);
  expect_within(
      row->value, row->value_error, actual.value, [&](size_t i) { return exact.value(x[i]); },
      [&](size_t i) { return fmt::format("{}({})", exact.function, x[i]); });
  if (exact.gradient == nullptr) return;
  expect_within(
      row->gradient, row->gradient_error, actual.gradient, [&](size_t i) { return exact.gradient(x[i]); },
      [&](size_t i) { return fmt::format("the slope of {} at {}", exact.function, x[i]); });
}

// Single elements go through no vectors, and yet a value is the same wherever it is computed.
TEST_P(AccuracyTest, IsTheSameOfOneElement) {
  const std::vector<float> x = floats_of_all_sizes(99'999'989);
  const std::vector<float> of_all = run(GetParam(), x).value;
  Function function("f");
  Builder b(function);
  const TensorType scalar{DType::kF32, {}};
  function.add_result("y", GetParam().build(b, function.add_parameter("x", scalar)));
  testing::CompiledProgram program(function);
  for (size_t i = 0; i < x.size(); ++i) {
    std::vector<Tensor> arguments;
    arguments.push_back(Tensor::from<float>(scalar, std::span(&x[i], 1)));
    const float y = program.run(arguments)[0].as<float>()[0];
    EXPECT_TRUE(std::bit_cast<uint32_t>(y) == std::bit_cast<uint32_t>(of_all[i]) ||
                (std::isnan(y) && std::isnan(of_all[i])))
        << GetParam().function << '(' << x[i] << ") is " << y << ", among others " << of_all[i];
  }
}

INSTANTIATE_TEST_SUITE_P(AllFloats, AccuracyTest, ::testing::ValuesIn(kExact),
                         [](const auto& info) { return std::string(info.param.function); });

// Rows without functions would say what nothing holds.
TEST(AccuracyTableTest, HasARowForEachFunctionOfOneFloat) {
  EXPECT_EQ(std::size(kExact), std::size(proof::kAccuracies));
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    const TensorType type{DType::kF32, {}};
    const bool is_float_function = has_trait(kind, kElementwise) && op_info(kind).operands == 1 &&
                                   kind != OpKind::kConvert && infer_type(kind, std::span(&type, 1), {}, {});
    const bool has_row = std::ranges::find(proof::kAccuracies, mnemonic(kind), &proof::Accuracy::function) !=
                         std::end(proof::kAccuracies);
    EXPECT_EQ(has_row, is_float_function) << mnemonic(kind);
  }
  for (int i = 0; i < Activation::Function_ARRAYSIZE; ++i) {
    const std::string& name = Activation::Function_Name(static_cast<Activation::Function>(i));
    const auto* row = std::ranges::find(proof::kAccuracies, name, &proof::Accuracy::function);
    EXPECT_EQ(row == std::end(proof::kAccuracies), i == Activation::NONE) << name;
  }
}

TEST(AccuracyOfPowerTest, IsWithinItsBound) {
  const std::vector<float> exponents = {-HUGE_VALF, -3.7F, -2, -1, -0.5F, -0.0F,     0,
                                        1.0F / 3,   0.5F,  1,  2,  3,     HUGE_VALF, NAN};
  const std::vector<float> x = floats_of_all_sizes(1009);
  std::vector<float> y;
  for (size_t i = 0; i < x.size(); ++i) y.push_back(exponents[i % exponents.size()]);
  Function function("f");
  Builder b(function);
  const TensorType type{DType::kF32, {std::ssize(x)}};
  Value* a = function.add_parameter("a", type);
  function.add_result("y", b.create(OpKind::kPower, {a, function.add_parameter("b", type)}));
  std::vector<Tensor> arguments;
  for (const std::vector<float>& numbers : {x, y})
    arguments.push_back(Tensor::from<float>(type, std::span<const float>(numbers)));
  const auto results = testing::CompiledProgram(function).run(arguments);
  expect_within(
      1.0, 0, {results[0].as<float>().begin(), results[0].as<float>().end()},
      [&](size_t i) { return std::pow(double{x[i]}, double{y[i]}); },
      [&](size_t i) { return fmt::format("pow({}, {})", x[i], y[i]); });
}

}  // namespace
}  // namespace minnow

// The functions that layers and losses share: their slopes, which the ops' own rules must add up to.
#include "frontend/lower/composites.h"

#include <gtest/gtest.h>

#include <cmath>

#include "interpreter/interpreter.h"
#include "passes/gradient/autodiff.h"

namespace minnow {
namespace {

using spec::Activation;

double slope_at(double x, Activation::Function kind) {
  Function function("f");
  Value* parameter = function.add_parameter("x", {DType::kF64, {1}});
  Builder b(function);
  std::vector<Value*> gradients;
  EXPECT_TRUE(differentiate(function, b.reduce_sum(activate(b, parameter, kind), {0}), {parameter}, gradients));
  function.add_result("slope", gradients[0]);
  const Tensor argument = Tensor::from<double>({DType::kF64, {1}}, std::vector<double>{x});
  const Tensor* arguments[] = {&argument};
  const auto results = interpret(function, arguments, Precision::kF64);
  EXPECT_TRUE(results);
  return results ? (*results)[0].as<double>()[0] : NAN;
}

// Where a bias that starts at 0 meets an input of 0, and where max, abs and the like have a kink of their own.
TEST(Activations, ThatAreSmoothHaveTheirSlopeAtZero) {
  const std::vector<std::pair<Activation::Function, double>> slopes = {
      {Activation::SIGMOID, 0.25}, {Activation::TANH, 1},       {Activation::GELU, 0.5},
      {Activation::SILU, 0.5},     {Activation::SOFTPLUS, 0.5}, {Activation::ELU, 1}};
  for (const auto& [kind, slope] : slopes)
    for (const double zero : {0.0, -0.0})
      EXPECT_NEAR(slope_at(zero, kind), slope, 1e-12) << Activation::Function_Name(kind);
}

TEST(Activations, AreFlatAtTheKinkOfRelu) { EXPECT_EQ(slope_at(0, Activation::RELU), 0); }

TEST(Activations, HaveFiniteSlopesFarOut) {
  for (const auto kind : {Activation::SOFTPLUS, Activation::ELU, Activation::SILU, Activation::GELU}) {
    EXPECT_NEAR(slope_at(1000, kind), 1, 1e-12) << Activation::Function_Name(kind);
    EXPECT_NEAR(slope_at(-1000, kind), 0, 1e-12) << Activation::Function_Name(kind);
  }
}

}  // namespace
}  // namespace minnow

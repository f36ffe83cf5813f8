// Training steps of a tiny model against PyTorch's formulas written out in double.
#include "passes/gradient/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "interpreter/interpreter.h"
#include "ir/builder.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace minnow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kRate = 0.1;

// loss = sum(x * w^2), so that the gradient is 2 x w.
std::unique_ptr<Function> quadratic_loss(DType dtype = DType::kF32) {
  auto loss = std::make_unique<Function>("loss");
  TensorType type{dtype, {2}};
  Value* x = loss->add_parameter("x", type, Role::kInput);
  Value* w = loss->add_parameter("fc.weight", type, Role::kWeight);
  Builder b(*loss);
  b.set_location({"fc", Phase::kForward});
  loss->add_result("loss", b.reduce_sum(b.mul(x, b.mul(w, w)), {0}));
  return loss;
}

struct Scalar {
  double w, m = 0, v = 0;
};
// One step of the optimiser under test for one number: gradient g, step t from 1.
using Reference = std::function<void(Scalar& state, double g, int t)>;

// Runs `steps` steps, feeding each named result back to its parameter.
std::vector<double> train(const OptimizerSpec& spec, int steps, const std::vector<double>& x, std::vector<double> w) {
  auto step = build_train_step(*quadratic_loss(), spec);
  EXPECT_TRUE(step.has_value()) << step.error().to_string();
  EXPECT_TRUE(verify(**step).has_value()) << verify(**step).error().to_string();
  std::vector<Tensor> arguments;
  for (const auto& parameter : (*step)->parameters()) {
    TensorType type = parameter->type;
    if (type.dtype == DType::kF32) type.dtype = DType::kF64;
    arguments.push_back(Tensor::zeros(type));
    if (parameter->name == "learning_rate") arguments.back().as<double>()[0] = kRate;
    if (parameter->name == "x") std::ranges::copy(x, arguments.back().as<double>().begin());
    if (parameter->name == "fc.weight") std::ranges::copy(w, arguments.back().as<double>().begin());
  }
  for (int t = 0; t < steps; ++t) {
    if (Value* number = (*step)->find_parameter("step"))
      arguments[static_cast<size_t>(number->index)].as<int32_t>()[0] = t;
    std::vector<const Tensor*> pointers;
    for (const Tensor& argument : arguments) pointers.push_back(&argument);
    auto results = interpret(**step, pointers, Precision::kF64);
    EXPECT_TRUE(results.has_value());
    for (size_t i = 0; i < results->size(); ++i)
      if (Value* target = (*step)->find_parameter((*step)->results()[i].name))
        arguments[static_cast<size_t>(target->index)] = std::move((*results)[i]);
  }
  auto trained = arguments[1].as<double>();
  return {trained.begin(), trained.end()};
}

void expect_like(const OptimizerSpec& spec, const Reference& reference) {
  const std::vector<double> x = {0.5, 2}, w = {1, -3};
  std::vector<double> actual = train(spec, 5, x, w);
  for (size_t i = 0; i < 2; ++i) {
    Scalar state{w[i]};
    for (int t = 1; t <= 5; ++t) reference(state, 2 * x[i] * state.w, t);
    EXPECT_NEAR(actual[i], state.w, 1e-9);
  }
}

TEST(Optimizer, Sgd) {
  expect_like({Sgd{}, {}, {}}, [](Scalar& s, double g, int) { s.w -= kRate * g; });
}

TEST(Optimizer, SgdWithWeightDecay) {
  expect_like({Sgd{}, {}, {{"fc.weight", 0.3}}}, [](Scalar& s, double g, int) { s.w -= kRate * (g + 0.3 * s.w); });
}

TEST(Optimizer, DecayIsPerWeight) {
  expect_like({Sgd{}, {}, {{"fc.bias", 0.3}}}, [](Scalar& s, double g, int) { s.w -= kRate * g; });
}

TEST(Optimizer, LearningRateFactorIsPerWeight) {
  OptimizerSpec spec{AdamW{}, {}, {{"fc.weight", 0.3}}};
  spec.learning_rate_factor = {{"fc.weight", 0.5}, {"fc.bias", 7}};
  expect_like(spec, [](Scalar& s, double g, int t) {
    const double rate = kRate / 2;
    s.w -= rate * 0.3 * s.w;
    s.m = 0.9 * s.m + 0.1 * g;
    s.v = 0.999 * s.v + 0.001 * g * g;
    s.w -= rate * s.m / (1 - std::pow(0.9, t)) / (std::sqrt(s.v / (1 - std::pow(0.999, t))) + 1e-8);
  });
}

TEST(Optimizer, FrozenWeightsHaveNoUpdateAndNoState) {
  auto loss = quadratic_loss();
  Value* other = loss->add_parameter("head.weight", {DType::kF32, {2}}, Role::kWeight);
  Builder b(*loss);
  loss->results()[0].value = b.reduce_sum(b.mul(other, other), {0});
  OptimizerSpec spec{Adam{}, ClipByGlobalNorm{1}, {{"fc.weight", 0.3}}};
  spec.frozen = {"fc.weight"};
  spec.keep_gradients = true;
  const auto step = build_train_step(*loss, spec);
  ASSERT_TRUE(step) << step.error().to_string();
  std::vector<std::string> results;
  for (const FunctionResult& result : (*step)->results()) results.push_back(result.name);
  EXPECT_THAT(results, ElementsAre("loss", "gradient.head.weight", "head.weight.m", "head.weight.v", "head.weight"));
  EXPECT_EQ((*step)->find_parameter("fc.weight.m"), nullptr);
  spec.frozen.insert("head.weight");
  EXPECT_THAT(build_train_step(*loss, spec).error().message, HasSubstr("every weight is frozen"));
}

TEST(Optimizer, Momentum) {
  expect_like({Momentum{0.8, false}, {}, {}}, [](Scalar& s, double g, int) {
    s.m = 0.8 * s.m + g;
    s.w -= kRate * s.m;
  });
}

TEST(Optimizer, NesterovWithWeightDecay) {
  expect_like({Momentum{0.8, true}, {}, {{"fc.weight", 0.1}}}, [](Scalar& s, double g, int) {
    g += 0.1 * s.w;
    s.m = 0.8 * s.m + g;
    s.w -= kRate * (g + 0.8 * s.m);
  });
}

void adam_step(Scalar& s, double g, int t) {
  s.m = 0.9 * s.m + 0.1 * g;
  s.v = 0.999 * s.v + 0.001 * g * g;
  const double m = s.m / (1 - std::pow(0.9, t)), v = s.v / (1 - std::pow(0.999, t));
  s.w -= kRate * m / (std::sqrt(v) + 1e-8);
}

TEST(Optimizer, Adam) { expect_like({Adam{}, {}, {}}, adam_step); }

TEST(Optimizer, AdamAddsDecayToTheGradient) {
  expect_like({Adam{}, {}, {{"fc.weight", 0.2}}}, [](Scalar& s, double g, int t) { adam_step(s, g + 0.2 * s.w, t); });
}

TEST(Optimizer, AdamWTakesDecayOffTheWeight) {
  expect_like({AdamW{}, {}, {{"fc.weight", 0.2}}}, [](Scalar& s, double g, int t) {
    s.w *= 1 - kRate * 0.2;
    adam_step(s, g, t);
  });
}

TEST(Optimizer, RmsProp) {
  expect_like({RmsProp{0.9, 1e-6}, {}, {}}, [](Scalar& s, double g, int) {
    s.v = 0.9 * s.v + 0.1 * g * g;
    s.w -= kRate * g / (std::sqrt(s.v) + 1e-6);
  });
}

TEST(Optimizer, ClipByValue) {
  expect_like({Sgd{}, ClipByValue{1.5}, {}},
              [](Scalar& s, double g, int) { s.w -= kRate * std::min(std::max(g, -1.5), 1.5); });
}

TEST(Optimizer, ClipByGlobalNorm) {
  // First gradient: 2 * {0.5, 2} * {1, -3} = {1, -12}.
  const double scale = 2 / (std::sqrt(145.0) + 1e-6);
  auto w = train({Sgd{}, ClipByGlobalNorm{2}, {}}, 1, {0.5, 2}, {1, -3});
  EXPECT_NEAR(w[0], 1 - kRate * scale, 1e-9);
  EXPECT_NEAR(w[1], -3 + kRate * 12 * scale, 1e-9);
  auto small = train({Sgd{}, ClipByGlobalNorm{1000}, {}}, 1, {0.5, 2}, {1, -3});
  EXPECT_NEAR(small[0], 1 - kRate, 1e-9);
}

// The squares of these gradients are infinite in f32, and of the last the norm is, too.
TEST(Optimizer, ClipByGlobalNormWhereTheSquaresLeaveF32) {
  for (const float size : {1e19F, 1e20F, 3e38F}) {
    const auto step = build_train_step(*quadratic_loss(), {Sgd{}, ClipByGlobalNorm{1}, {}});
    ASSERT_TRUE(step);
    const Tensor x = Tensor::from<float>({DType::kF32, {2}}, {size, size});
    const Tensor w = Tensor::from<float>({DType::kF32, {2}}, {0.3F, -0.4F});
    const Tensor rate = Tensor::from<float>({DType::kF32, {}}, {0.5F});
    const auto results = interpret(**step, std::vector<const Tensor*>{&x, &w, &rate});
    ASSERT_TRUE(results);
    const auto trained = results->back().as<float>();  // the gradient's direction is (0.6, -0.8)
    EXPECT_NEAR(trained[0], 0.3 - 0.5 * 0.6, 1e-6) << size;
    EXPECT_NEAR(trained[1], -0.4 + 0.5 * 0.8, 1e-6) << size;
  }
}

TEST(TrainStep, OfF64WeightsIsInF64) {
  const std::vector<decltype(OptimizerSpec::rule)> rules = {Sgd{},  Momentum{}, Momentum{0.9, true},
                                                            Adam{}, AdamW{},    RmsProp{}};
  const std::vector<decltype(OptimizerSpec::clip)> clips = {std::monostate{}, ClipByGlobalNorm{1}, ClipByValue{1}};
  for (const auto& rule : rules)
    for (const auto& clip : clips) {
      const auto step = build_train_step(*quadratic_loss(DType::kF64), {rule, clip, {{"fc.weight", 0.1}}});
      ASSERT_TRUE(step) << step.error().to_string();
      ASSERT_TRUE(verify(**step)) << verify(**step).error().to_string();
      EXPECT_EQ((*step)->find_result("fc.weight")->value->type, (TensorType{DType::kF64, {2}}));
    }
}

std::vector<std::string> result_names(const Function& function) {
  std::vector<std::string> names;
  for (const FunctionResult& result : function.results()) names.push_back(result.name);
  return names;
}

TEST(TrainStep, NamesItsResultsLikeItsParameters) {
  auto step = build_train_step(*quadratic_loss(), {Adam{}, {}, {}});
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ((*step)->name(), "train_step");
  EXPECT_THAT(result_names(**step), ElementsAre("loss", "fc.weight.m", "fc.weight.v", "fc.weight"));
  EXPECT_EQ((*step)->find_parameter("fc.weight.m")->role, Role::kState);
  EXPECT_EQ((*step)->find_parameter("learning_rate")->role, Role::kScalar);
  EXPECT_EQ((*step)->find_parameter("step")->type, (TensorType{DType::kI32, {}}));
  EXPECT_THAT(print(**step), HasSubstr("loc(\"fc\", update)"));
}

TEST(TrainStep, SharesTheStepOfDropout) {
  auto loss = quadratic_loss();
  loss->add_parameter("step", {DType::kI32, {}}, Role::kScalar);
  auto step = build_train_step(*loss, {Adam{}, {}, {}});
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ((*step)->find_parameter("step")->index, 2);
}

TEST(TrainStep, RefusesAFunctionThatCannotBeTrained) {
  auto loss = quadratic_loss();
  loss->results()[0].name = "cost";
  EXPECT_THAT(build_train_step(*loss, {}).error().message, HasSubstr("must be named \"loss\""));
  auto taken = quadratic_loss();
  taken->add_parameter("learning_rate", {DType::kF32, {3}}, Role::kInput);
  EXPECT_THAT(build_train_step(*taken, {}).error().message, HasSubstr("\"learning_rate\" is input f32[3]"));
}

}  // namespace
}  // namespace minnow

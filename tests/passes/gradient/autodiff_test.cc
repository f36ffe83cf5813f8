// Every op's gradient against central differences in f64, over shapes drawn at random; then the conventions
// at kinks and the errors.
#include "passes/gradient/autodiff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "interpreter/interpreter.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "proof/parameters.h"

namespace minnow {
namespace {

using proof::Rng;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

std::vector<Tensor> run(const Function& function, const std::vector<Tensor>& arguments) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  auto results = interpret(function, pointers, Precision::kF64);
  EXPECT_TRUE(results.has_value()) << results.error().to_string();
  return results ? std::move(*results) : std::vector<Tensor>();
}

// sum(value * irregular numbers), so that no two elements have the same cotangent.
Value* weighted_sum(Value* value, Builder& b, Rng& rng) {
  std::vector<double> weights(static_cast<size_t>(value->type.elements()));
  for (double& w : weights) w = std::uniform_real_distribution<double>(0.5, 1.5)(rng);
  Value* product = b.mul(value, b.constant(value->type, std::move(weights)));
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < value->type.rank(); ++i) dims.push_back(i);
  return dims.empty() ? product : b.reduce_sum(product, dims);
}

// Float tensors are f64 throughout, so that nothing is rounded to f32 on the way in.
Tensor draw_argument(TensorType type, const proof::Domain& domain, Rng& rng) {
  if (is_float(type.dtype)) type.dtype = DType::kF64;
  return draw_tensor(type, domain, proof::Numbers::kUniform, rng);
}

double central_difference(const Function& loss, std::vector<Tensor>& arguments, size_t which, size_t i) {
  const double step = 1e-5;
  double& x = arguments[which].as<double>()[i];
  const double original = x;
  x = original + step;
  const double above = run(loss, arguments)[0].as<double>()[0];
  x = original - step;
  const double below = run(loss, arguments)[0].as<double>()[0];
  x = original;
  return (above - below) / (2 * step);
}

void check_gradient(OpKind kind, Rng& rng) {
  Function loss("loss");
  Builder b(loss);
  b.set_location({"layer", Phase::kForward});
  proof::ParameterSource source(loss, rng, {1, 2, 3, 4}, {DType::kF32, DType::kF64});
  loss.add_result("loss", weighted_sum(proof::draw_op(kind, b, source, rng), b, rng));

  auto differentiated = loss.clone();
  std::vector<Value*> wrt, gradients;
  for (const auto& parameter : differentiated->parameters())
    if (is_float(parameter->type.dtype)) wrt.push_back(parameter.get());
  auto status = differentiate(*differentiated, differentiated->results()[0].value, wrt, gradients);
  ASSERT_TRUE(status.has_value()) << status.error().to_string();
  differentiated->results().clear();
  for (Value* gradient : gradients)
    differentiated->add_result(fmt::format("g{}", differentiated->results().size()), gradient);
  SCOPED_TRACE(print(*differentiated));
  ASSERT_TRUE(verify(*differentiated).has_value()) << verify(*differentiated).error().to_string();

  std::vector<Tensor> arguments;
  for (const auto& parameter : loss.parameters())
    arguments.push_back(draw_argument(parameter->type, source.domains()[static_cast<size_t>(parameter->index)], rng));
  std::vector<Tensor> exact = run(*differentiated, arguments);
  for (size_t g = 0; g < exact.size(); ++g) {
    auto values = exact[g].as<double>();
    for (size_t i = 0; i < values.size(); ++i) {
      const double expected = central_difference(loss, arguments, static_cast<size_t>(wrt[g]->index), i);
      ASSERT_NEAR(values[i], expected, 1e-6 * std::max(1.0, std::abs(expected))) << "operand " << g << " at " << i;
    }
  }
}

class OpGradient : public ::testing::TestWithParam<OpKind> {};

TEST_P(OpGradient, AgreesWithFiniteDifferences) {
  Rng rng(17 + static_cast<uint32_t>(GetParam()));
  for (int trial = 0; trial < 12; ++trial) {
    check_gradient(GetParam(), rng);
    if (HasFatalFailure()) return;
  }
}

// All but those without a smooth dependence on a float operand, and window_pick, which autodiff refuses.
bool is_differentiable(OpKind kind) {
  switch (kind) {
    case OpKind::kNot:
    case OpKind::kAnd:
    case OpKind::kOr:
    case OpKind::kArgMax:
    case OpKind::kArgSort:
    case OpKind::kWindowPick: return false;
    default: return kind != OpKind::kFused && !has_trait(kind, kCompare | kLeaf | kStep);
  }
}

std::vector<OpKind> differentiable_kinds() {
  std::vector<OpKind> kinds;
  for (size_t i = 0; i < kOpCount; ++i)
    if (auto kind = static_cast<OpKind>(i); is_differentiable(kind)) kinds.push_back(kind);
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(EveryOp, OpGradient, ::testing::ValuesIn(differentiable_kinds()),
                         [](const auto& info) { return std::string(op_info(info.param).name); });

// The gradient of sum(f(x)) at `x`.
template <typename F>
std::vector<double> gradient_at(std::vector<double> x, F f) {
  Function function("loss");
  TensorType type{DType::kF32, {static_cast<int64_t>(x.size())}};
  Value* parameter = function.add_parameter("x", type, Role::kWeight);
  Builder b(function);
  Value* y = f(b, parameter);
  Value* loss = y->type.rank() == 0 ? y : b.reduce_sum(y, {0});
  std::vector<Value*> gradients;
  EXPECT_TRUE(differentiate(function, loss, {parameter}, gradients).has_value());
  function.add_result("gradient", gradients[0]);
  std::vector<Tensor> arguments;
  arguments.push_back(Tensor::from<double>({DType::kF64, type.shape}, x));
  std::vector<Tensor> results = run(function, arguments);
  auto values = results[0].as<double>();
  return {values.begin(), values.end()};
}

TEST(Conventions, ReluAndAbsAreFlatAtZero) {
  auto relu = [](Builder& b, Value* x) { return b.max(x, b.like(x, 0)); };
  EXPECT_THAT(gradient_at({-1, 0, 1}, relu), ElementsAre(0, 0, 1));
  auto abs = [](Builder& b, Value* x) { return b.unary(OpKind::kAbs, x); };
  EXPECT_THAT(gradient_at({-1, 0, 1}, abs), ElementsAre(-1, 0, 1));
}

TEST(Conventions, ClampIsFlatAtBothBounds) {
  auto relu6 = [](Builder& b, Value* x) { return b.min(b.max(x, b.like(x, 0)), b.like(x, 6)); };
  EXPECT_THAT(gradient_at({0, 3, 6, 7}, relu6), ElementsAre(0, 1, 0, 0));
}

TEST(Conventions, ReduceMaxSharesAmongEquals) {
  auto largest = [](Builder& b, Value* x) { return b.reduce_max(x, {0}); };
  EXPECT_THAT(gradient_at({2, 1, 2, 0}, largest), ElementsAre(0.5, 0, 0.5, 0));
}

TEST(Conventions, PowerIsFiniteAtZero) {
  auto squared = [](Builder& b, Value* x) { return b.create(OpKind::kPower, {x, b.like(x, 2)}); };
  EXPECT_THAT(gradient_at({0, 3}, squared), ElementsAre(0, 6));
  auto constant = [](Builder& b, Value* x) { return b.create(OpKind::kPower, {x, b.like(x, 0)}); };
  EXPECT_THAT(gradient_at({0, 3}, constant), ElementsAre(0, 0));
}

Value* shifted(Builder& b, Value* x) { return b.sub(x, b.broadcast_scalar(b.reduce_max(x, {0}), x->type.shape)); }

// -log softmax(x)[0]
Value* cross_entropy(Builder& b, Value* x) {
  Value* z = shifted(b, x);
  Value* total = b.reduce_sum(b.exp(z), {0});
  Value* log_softmax = b.sub(z, b.broadcast_scalar(b.log(total), x->type.shape));
  std::vector<double> label(static_cast<size_t>(x->type.elements()), 0);
  label[0] = -1;
  return b.mul(log_softmax, b.constant(x->type, label));
}

TEST(SoftmaxShift, HasNoGradient) {
  EXPECT_THAT(gradient_at({0, 0, 0, 0}, cross_entropy),
              Pointwise(DoubleNear(1e-12), std::vector<double>{-0.75, 0.25, 0.25, 0.25}));
  Function function("loss");
  Value* x = function.add_parameter("x", {DType::kF32, {4}}, Role::kWeight);
  Builder b(function);
  Value* loss = b.reduce_sum(cross_entropy(b, x), {0});
  std::vector<Value*> gradients;
  ASSERT_TRUE(differentiate(function, loss, {x}, gradients).has_value());
  function.add_result("gradient", gradients[0]);
  EXPECT_THAT(print(function), ::testing::Not(HasSubstr("eq(")));
}

TEST(SoftmaxShift, IsOnlyAShiftWhereItCancels) {
  // log(sum(exp(x - max))) without adding the max back depends on it.
  auto f = [](Builder& b, Value* x) { return b.log(b.reduce_sum(b.exp(shifted(b, x)), {0})); };
  auto g = gradient_at({0, 1}, f);
  const double p = 1 / (1 + std::exp(1.0));
  EXPECT_THAT(g, Pointwise(DoubleNear(1e-12), std::vector<double>{p, -p}));
}

Error error_of(Function& function, Value* loss, Value* wrt) {
  std::vector<Value*> gradients;
  auto status = differentiate(function, loss, {wrt}, gradients);
  EXPECT_FALSE(status.has_value());
  return status ? Error{} : status.error();
}

TEST(Errors, NameLayerAndOp) {
  Function function("loss");
  Value* w = function.add_parameter("fc.weight", {DType::kF32, {3}}, Role::kWeight);
  Builder b(function);
  b.set_location({"rounding", Phase::kForward});
  Value* rounded = b.unary(OpKind::kFloor, w);
  b.set_location({"loss", Phase::kForward});
  Value* loss = b.reduce_sum(rounded, {0});
  EXPECT_EQ(error_of(function, loss, w).message,
            "layer \"rounding\": no gradient passes op floor, so \"fc.weight\" would never learn");
}

TEST(Errors, BlameWhatMadeTheInteger) {
  Function function("loss");
  Value* w = function.add_parameter("w", {DType::kF32, {3}}, Role::kWeight);
  Builder b(function);
  b.set_location({"pick", Phase::kForward});
  Value* best = b.argmax(w, 0);
  b.set_location({"loss", Phase::kForward});
  EXPECT_THAT(error_of(function, b.convert(best, DType::kF32), w).message,
              HasSubstr("\"pick\": no gradient passes op argmax"));
}

TEST(Errors, LossMustBeAScalar) {
  Function function("loss");
  Value* w = function.add_parameter("w", {DType::kF32, {3}}, Role::kWeight);
  EXPECT_THAT(error_of(function, w, w).message, HasSubstr("only a float scalar can be differentiated, not f32[3]"));
}

TEST(Differentiate, AWeightTheLossDoesNotReadHasGradientZero) {
  Function function("loss");
  Value* w = function.add_parameter("w", {DType::kF32, {}}, Role::kWeight);
  Value* unused = function.add_parameter("unused", {DType::kF32, {2}}, Role::kWeight);
  std::vector<Value*> gradients;
  ASSERT_TRUE(differentiate(function, w, {w, unused}, gradients).has_value());
  EXPECT_EQ(gradients[1]->op->attr<ConstantAttributes>().values, std::vector<double>{0});
}

}  // namespace
}  // namespace minnow

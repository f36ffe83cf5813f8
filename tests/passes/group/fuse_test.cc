#include "passes/group/fuse.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "interpreter/interpreter.h"
#include "ir/builder.h"
#include "ir/random.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/gradient/autodiff.h"
#include "passes/group/grow_cluster.h"
#include "passes/group/kernel_form.h"
#include "passes/simplify/eliminate_common_subexpressions.h"
#include "passes/simplify/eliminate_dead_code.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parse(const std::string& text) {
  auto module = parse_module(text, "test.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return std::move((*module)->functions.front());
}

// Numbers in [-1, 1); labels below 3.
Tensor random_tensor(const TensorType& type, uint32_t stream) {
  Tensor tensor = Tensor::uninitialized(type);
  const RandomSequence sequence{7, stream, 0};
  for (int64_t i = 0; i < type.elements(); ++i) {
    const auto index = static_cast<size_t>(i);
    if (type.dtype == DType::kF32) tensor.as<float>()[index] = 2 * sequence.uniform(index) - 1;
    if (type.dtype == DType::kI32) tensor.as<int32_t>()[index] = static_cast<int32_t>(sequence.bits(index) % 3);
  }
  return tensor;
}

std::vector<Tensor> run(const Function& function) {
  std::vector<Tensor> arguments;
  for (const auto& parameter : function.parameters())
    arguments.push_back(random_tensor(parameter->type, static_cast<uint32_t>(parameter->index)));
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  auto results = interpret(function, pointers, Precision::kF64);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  return std::move(*results);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  if (a.type().dtype != DType::kF64) return a.bytes() == b.bytes() ? 0 : INFINITY;
  double largest = 0;
  for (size_t i = 0; i < static_cast<size_t>(a.type().elements()); ++i)
    largest = std::max(largest, std::abs(a.as<double>()[i] - b.as<double>()[i]));
  return largest;
}

// Fuses and holds the result against the function as it was.
void fuse_and_compare(Function& function) {
  const auto before = function.clone();
  const bool changed = fuse(function);
  EXPECT_EQ(changed, print(*before) != print(function));
  const Status status = verify(function);
  ASSERT_TRUE(status) << status.error().to_string() << print(function);
  const std::vector<Tensor> expected = run(*before);
  const std::vector<Tensor> actual = run(function);
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_LT(largest_difference(expected[i], actual[i]), 1e-12) << function.results()[i].name << print(function);
}

std::vector<const Op*> fused_ops(const Function& function, FusionKind kind) {
  std::vector<const Op*> found;
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kFused && op->attr<FusedAttributes>().kind == kind) found.push_back(op.get());
  return found;
}

bool holds(const Op& fused, OpKind kind) {
  return std::ranges::any_of(fused.body->ops(), [&](const auto& op) { return op->kind == kind; });
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

// One more op of a random kind on random earlier values: matrices [4,4] and vectors [4], so that rows,
// columns, results of dots and transposes all have the same shapes.
void add_random_op(Builder& b, const RandomSequence& random, uint64_t& draws, std::vector<Value*>& matrices,
                   std::vector<Value*>& vectors) {
  const auto draw = [&](size_t below) { return random.bits(draws++) % below; };
  const auto matrix = [&] { return matrices[draw(matrices.size())]; };
  const auto vector = [&] { return vectors[draw(vectors.size())]; };
  b.set_location({"layer", draw(2) == 0 ? Phase::kForward : Phase::kGradient});
  const auto dim = static_cast<int64_t>(draw(2));
  switch (draw(12)) {
    case 0: return matrices.push_back(b.dot(matrix(), matrix()));
    case 1: return matrices.push_back(b.transpose(matrix(), {1, 0}));
    case 2: return vectors.push_back(b.reduce_sum(matrix(), {dim}));
    case 3: return vectors.push_back(b.reduce_max(matrix(), {dim}));
    case 4:
    case 5: return matrices.push_back(b.broadcast(vector(), {dim}, {4, 4}));
    case 6: return vectors.push_back(b.max(vector(), vector()));
    case 7: return vectors.push_back(b.unary(OpKind::kTanh, vector()));
    case 8: return matrices.push_back(b.unary(OpKind::kTanh, matrix()));
    case 9: return matrices.push_back(b.mul(matrix(), 0.5));
    case 10: return matrices.push_back(b.broadcast(b.reduce_sum(b.mul(matrix(), matrix()), {0, 1}), {}, {4, 4}));
    default: return matrices.push_back(b.sub(matrix(), matrix()));
  }
}

TEST(Fuse, RandomGraphsKeepTheirMeaning) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Function function("f");
    std::vector<Value*> matrices = {function.add_parameter("x", {DType::kF32, {4, 4}})};
    std::vector<Value*> vectors = {function.add_parameter("v", {DType::kF32, {4}})};
    Builder b(function);
    uint64_t draws = 0;
    for (int i = 0; i < 25; ++i) add_random_op(b, {seed, 0, 0}, draws, matrices, vectors);
    // Squashed, so that no difference hides behind large numbers.
    function.add_result("", b.unary(OpKind::kTanh, matrices.back()));
    function.add_result("", b.unary(OpKind::kTanh, matrices[matrices.size() / 2]));
    function.add_result("", b.unary(OpKind::kTanh, vectors.back()));
    fuse_and_compare(function);
    if (HasFailure()) return;
  }
}

// x [N,6] → relu dense 8 → dense 3 → softmax cross-entropy, its gradients and a momentum step.
std::unique_ptr<Function> train_step(int64_t batch) {
  auto function = std::make_unique<Function>("train_step");
  const auto weight = [&](const char* name, Shape shape) {
    return function->add_parameter(name, {DType::kF32, std::move(shape)}, Role::kWeight);
  };
  Value* x = function->add_parameter("x", {DType::kF32, {batch, 6}});
  Value* labels = function->add_parameter("labels", {DType::kI32, {batch}});
  std::vector<Value*> weights = {weight("w1", {6, 8}), weight("b1", {8}), weight("w2", {8, 3}), weight("b2", {3})};
  std::vector<Value*> velocities;
  for (const Value* each : weights)
    velocities.push_back(function->add_parameter(each->name + ".velocity", each->type, Role::kState));
  Value* rate = function->add_parameter("learning_rate", {DType::kF32, {}}, Role::kScalar);

  Builder b(*function);
  b.set_location({"fc1", Phase::kForward});
  Value* hidden = b.add(b.dot(x, weights[0]), b.broadcast(weights[1], {1}, {batch, 8}));
  hidden = b.max(hidden, b.like(hidden, 0));
  b.set_location({"fc2", Phase::kForward});
  const Shape shape = {batch, 3};
  Value* logits = b.add(b.dot(hidden, weights[2]), b.broadcast(weights[3], {1}, shape));
  b.set_location({"loss", Phase::kForward});
  Value* z = b.sub(logits, b.broadcast(b.reduce_max(logits, {1}), {0}, shape));
  Value* log_sum = b.log(b.reduce_sum(b.exp(z), {1}));
  Value* log_probability = b.sub(z, b.broadcast(log_sum, {0}, shape));
  Value* is_label = b.compare(OpKind::kEqual, b.iota({DType::kI32, shape}, 1), b.broadcast(labels, {0}, shape));
  Value* picked = b.mul(b.convert(is_label, DType::kF32), log_probability);
  Value* loss = b.mul(b.neg(b.reduce_sum(picked, {0, 1})), 1.0 / static_cast<double>(batch));
  Value* is_right = b.compare(OpKind::kEqual, b.argmax(logits, 1), labels);
  Value* correct = b.reduce_sum(b.convert(is_right, DType::kF32), {0});
  function->add_result("loss", loss);
  function->add_result("correct", correct);

  std::vector<Value*> gradients;
  const Status status = differentiate(*function, loss, weights, gradients);
  MINNOW_CHECK(status, "{}", status.error().to_string());
  for (size_t i = 0; i < weights.size(); ++i) {
    b.set_location({weights[i]->name, Phase::kUpdate});
    Value* velocity = b.add(b.mul(velocities[i], 0.9), gradients[i]);
    Value* step = b.mul(velocity, b.broadcast_scalar(rate, velocity->type.shape));
    function->add_result(weights[i]->name, b.sub(weights[i], step));
    function->add_result(velocities[i]->name, velocity);
  }
  eliminate_common_subexpressions(*function);
  eliminate_dead_code(*function);
  return function;
}

TEST(Fuse, TrainStepIsAHandfulOfKernels) {
  auto function = train_step(5);
  fuse_and_compare(*function);
  const auto rows = fused_ops(*function, FusionKind::kRow);
  ASSERT_EQ(rows.size(), 1u) << print(*function);
  EXPECT_TRUE(holds(*rows[0], OpKind::kArgMax));
  EXPECT_EQ(rows[0]->results.size(), 3u) << "loss and correct per row, and the gradient" << print(*function);
  const auto contractions = fused_ops(*function, FusionKind::kContraction);
  EXPECT_EQ(contractions.size(), 5u) << print(*function);
  EXPECT_FALSE(fuse(*function)) << "a second run finds more to do";
  // Nothing is computed outside of kernels but sums and scalars.
  for (const auto& op : function->ops()) EXPECT_FALSE(has_trait(op->kind, kElementwise) && op->type().rank() > 0);
}

}  // namespace
}  // namespace minnow

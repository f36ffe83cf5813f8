// Fusion of whole graphs: random ones, and a training step.
#include "ir/builder.h"
#include "passes/gradient/autodiff.h"
#include "passes/simplify/eliminate_common_subexpressions.h"
#include "passes/simplify/eliminate_dead_code.h"
#include "tests/passes/group/fuse_and_compare.h"

namespace minnow {
namespace {

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

TEST(FuseGraphs, RandomGraphsKeepTheirMeaning) {
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

TEST(FuseGraphs, TrainStepIsAHandfulOfKernels) {
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

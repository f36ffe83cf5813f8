// Fused kernels, compiled, against the interpreter running the same function before any pass.
#include <gtest/gtest.h>

#include <algorithm>

#include "codegen/compile.h"
#include "frontend/lower/composites.h"
#include "ir/text.h"
#include "passes/gradient/autodiff.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

using proof::Rng;

struct Program {
  Function function{"f"};
  Builder b{function};

  Value* input(Shape shape, DType dtype = DType::kF32) {
    return function.add_parameter(fmt::format("p{}", function.parameters().size()), {dtype, std::move(shape)});
  }
  void result(Value* value) { function.add_result(fmt::format("r{}", function.results().size()), value); }
  void gradients_of(Value* loss, const std::vector<Value*>& wrt) {
    std::vector<Value*> gradients;
    const Status status = differentiate(function, loss, wrt, gradients);
    MINNOW_CHECK(status, "{}", status.error().to_string());
    for (Value* gradient : gradients) result(gradient);
  }
};

// sum(value * weights), so that every element has a cotangent of its own.
Value* weighted_sum(Program& p, Value* value) {
  Value* product = p.b.mul(value, p.input(value->type.shape));
  return p.b.reduce_sum(product, {0, 1});
}

void build_softmax(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, columns});
  Value* y = softmax(p.b, x, spec::Softmax::MAX_SHIFTED);
  p.result(y);
  p.gradients_of(weighted_sum(p, y), {x});
}

// Over planes whose rows end within a vector.
void build_softmax_of_planes(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, 8, columns});
  const auto over_plane = [&](Value* value) { return p.b.broadcast(value, {0}, x->type.shape); };
  Value* y = p.b.exp(p.b.sub(x, over_plane(p.b.reduce_max(x, {1, 2}))));
  p.result(p.b.div(y, over_plane(p.b.reduce_sum(y, {1, 2}))));
}

void build_log_softmax(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, columns});
  Value* y = log_softmax(p.b, x);
  p.result(y);
  p.gradients_of(weighted_sum(p, y), {x});
}

// Labels are whole numbers of [-2, 2]: some rows have none of the classes.
void build_cross_entropy(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, columns});
  Value* labels = p.input({rows}, DType::kI32);
  Value* classes = p.b.iota({DType::kI32, {rows, columns}}, 1);
  Value* is_label = p.b.compare(OpKind::kEqual, broadcast_rows(p.b, labels, {rows, columns}), classes);
  Value* picked = p.b.select(is_label, log_softmax(p.b, x), p.b.constant(x->type, 0));
  Value* loss = p.b.mul(p.b.reduce_sum(picked, {0, 1}), -1.0 / static_cast<double>(rows));
  p.result(loss);
  p.gradients_of(loss, {x});
}

void build_layer_norm(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, columns});
  Value* gain = p.input({columns});
  Value* centred = p.b.sub(x, broadcast_rows(p.b, p.b.reduce_mean(x, {1}), x->type.shape));
  Value* variance = p.b.reduce_mean(p.b.mul(centred, centred), {1});
  Value* deviation = p.b.sqrt(p.b.add(variance, 1e-2));
  Value* normal = p.b.div(centred, broadcast_rows(p.b, deviation, x->type.shape));
  Value* y = p.b.mul(normal, broadcast_along(p.b, gain, 1, x->type.shape));
  p.result(y);
  p.gradients_of(weighted_sum(p, y), {x, gain});
}

void build_dense(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, 19});
  Value* w = p.input({19, columns});
  Value* bias = p.input({columns});
  Value* y = p.b.add(p.b.dot(x, w), broadcast_along(p.b, bias, 1, {rows, columns}));
  Value* active = activate(p.b, y, spec::Activation::TANH);
  p.result(active);
  p.gradients_of(weighted_sum(p, active), {x, w, bias});
}

void build_residual_conv(Program& p, int64_t images, int64_t columns) {
  Value* x = p.input({images, 3, 4, columns});
  Value* w = p.input({3, 3, 3, 3});
  Value* bias = p.input({3});
  Value* y = p.b.conv(x, w, {.pad = {1, 1, 1, 1}});
  y = p.b.add(p.b.add(y, broadcast_along(p.b, bias, 1, y->type.shape)), x);
  Value* active = activate(p.b, y, spec::Activation::RELU);
  p.result(active);
}

void build_elementwise(Program& p, int64_t rows, int64_t columns) {
  Value* x = p.input({rows, columns});
  Value* y = p.input({columns, rows});
  Value* gate = p.b.unary(OpKind::kSigmoid, p.b.add(x, broadcast_along(p.b, p.input({rows}), 0, x->type.shape)));
  Value* mixed = p.b.mul(gate, p.b.transpose(y, {1, 0}));
  p.result(gate);
  p.result(p.b.select(p.b.compare(OpKind::kLess, x, p.b.like(x, 0.5)), mixed, p.b.neg(x)));
}

struct FusedCase {
  const char* name;
  FusionKind kind;
  void (*build)(Program&, int64_t rows, int64_t columns);
  friend void PrintTo(const FusedCase& c, std::ostream* out) { *out << c.name; }
};

class FusedKernel : public ::testing::TestWithParam<FusedCase> {};

bool has_fused(const Function& function, FusionKind kind) {
  return std::ranges::any_of(function.ops(), [&](const auto& op) {
    return op->kind == OpKind::kFused && op->template attr<FusedAttributes>().kind == kind;
  });
}

std::unique_ptr<Function> after_all_passes(const Function& function) {
  auto fused = function.clone();
  const auto passes = run_passes(*fused, default_pipeline());
  MINNOW_CHECK(passes, "{}", passes.error().to_string());
  return fused;
}

// Runs `fused` compiled and `function` interpreted.
void expect_agreement(const Function& function, const Function& fused) {
  Rng rng(3);
  const std::vector<proof::Domain> domains(function.parameters().size());
  const auto arguments = draw_arguments(function, domains, proof::Numbers::kUniform, rng);
  testing::CompiledProgram compiled(fused);
  EXPECT_TRUE(agrees(testing::interpret_reference(function, arguments), compiled.run(arguments)));
  EXPECT_TRUE(ignores_threads(compiled, arguments));
}

void check(const FusedCase& c, int64_t rows, int64_t columns) {
  Program program;
  c.build(program, rows, columns);
  const auto fused = after_all_passes(program.function);
  SCOPED_TRACE(print(*fused));
  EXPECT_TRUE(has_fused(*fused, c.kind));
  expect_agreement(program.function, *fused);
}

TEST_P(FusedKernel, ComputesWhatTheOpsDo) {
  for (const auto& [rows, columns] :
       {std::pair<int64_t, int64_t>{2, 3}, {3, 16}, {7, 10}, {16, 17}, {17, 31}, {33, 129}, {37, 10}}) {
    check(GetParam(), rows, columns);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryKind, FusedKernel,
                         ::testing::Values(FusedCase{"Softmax", FusionKind::kRow, build_softmax},
                                           FusedCase{"SoftmaxOfPlanes", FusionKind::kRow, build_softmax_of_planes},
                                           FusedCase{"LogSoftmax", FusionKind::kRow, build_log_softmax},
                                           FusedCase{"CrossEntropy", FusionKind::kRow, build_cross_entropy},
                                           FusedCase{"LayerNorm", FusionKind::kRow, build_layer_norm},
                                           FusedCase{"Dense", FusionKind::kContraction, build_dense},
                                           FusedCase{"ResidualConv", FusionKind::kContraction, build_residual_conv},
                                           FusedCase{"Elementwise", FusionKind::kLoop, build_elementwise}),
                         [](const auto& info) { return info.param.name; });

// A small network whose gradients are computed in blocks of examples, with sums of the weights' gradients per
// share.
void build_convnet(Program& p, int64_t images) {
  Value* w = p.function.add_parameter("w", {DType::kF32, {5, 2, 3, 3}}, Role::kWeight);
  Value* v = p.function.add_parameter("v", {DType::kF32, {45, 7}}, Role::kWeight);
  Value* y = p.b.conv(p.input({images, 2, 6, 6}), w, {.pad = {1, 1, 1, 1}});
  y = p.b.window(OpKind::kWindowMax, activate(p.b, y, spec::Activation::RELU), {.window = {2, 2}, .stride = {2, 2}});
  y = log_softmax(p.b, p.b.dot(p.b.reshape(y, {images, 45}), v));
  p.result(y);
  p.gradients_of(weighted_sum(p, y), {w, v});
}

TEST(SmallConvnet, ComputesWhatTheOpsDo) {
  for (const int64_t images : {16, 41, 48, 336}) {
    Program program;
    build_convnet(program, images);
    const auto fused = after_all_passes(program.function);
    SCOPED_TRACE(print(*fused));
    EXPECT_TRUE(std::ranges::any_of(fused->ops(), [](const auto& op) { return op->kind == OpKind::kLoop; }));
    expect_agreement(program.function, *fused);
  }
}

// A unit goes through several short rows only where that leaves threads enough of them.
TEST(ShortRows, AreSharedByThreads) {
  const auto units = [](int64_t images) {
    Program p;
    p.result(p.b.slice(p.input({images, 5, 12}), 2, 1, 10));
    const auto compiled = compile(p.function, plan_memory(p.function));
    MINNOW_CHECK(compiled, "{}", compiled.error().to_string());
    return (*compiled)->kernels[0].units;
  };
  EXPECT_EQ(units(2), 10);
  EXPECT_EQ(units(40), 40);
}

}  // namespace
}  // namespace minnow

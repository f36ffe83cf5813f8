// Networks in blocks of examples: layers whose gradients spread out strides and meet padding, sums over all examples
// that later layers read, and what moves elements on the way.
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

struct Network {
  Function function{"f"};
  Builder b{function};
  std::vector<Value*> weights;

  Value* input(Shape shape) {
    return function.add_parameter(fmt::format("x{}", function.parameters().size()), {DType::kF32, std::move(shape)});
  }
  Value* weight(Shape shape) {
    weights.push_back(
        function.add_parameter(fmt::format("w{}", weights.size()), {DType::kF32, std::move(shape)}, Role::kWeight));
    return weights.back();
  }
  // With the gradient of each weight of a weighted sum of `y`.
  void finish(Value* y) {
    std::vector<int64_t> dims;
    for (int64_t i = 0; i < y->type.rank(); ++i) dims.push_back(i);
    Value* loss = b.reduce_sum(b.mul(y, input(y->type.shape)), dims);
    std::vector<Value*> gradients;
    const Status status = differentiate(function, loss, weights, gradients);
    MINNOW_CHECK(status, "{}", status.error().to_string());
    function.add_result("y", y);
    for (Value* gradient : gradients) function.add_result(fmt::format("r{}", function.results().size()), gradient);
  }
};

// The gradient of the first layer goes through a filter that strides, over rows and columns that are not there.
void build_strided(Network& n, int64_t images) {
  Value* x = n.b.add(n.input({images, 2, 6, 7}), 1);
  Value* y = n.b.conv(x, n.weight({3, 2, 3, 3}), {.pad = {1, 1, 1, 1}});
  y = activate(n.b, y, spec::Activation::RELU);
  y = n.b.conv(y, n.weight({4, 3, 3, 2}), {.stride = {2, 3}, .pad = {1, 0, 0, 2}});
  y = n.b.add(y, n.b.broadcast(n.weight({4}), {1}, y->type.shape));
  y = n.b.conv(y, n.weight({6, 2, 2, 2}), {.pad = {1, 1, 0, 1}, .dilation = {1, 2}, .groups = 2});
  n.finish(y);
}

// Of many channels, convolutions and both of their gradients are filtered minimally, in tiles that reach over the
// image.
void build_filtered(Network& n, int64_t images) {
  Value* y = n.b.conv(n.input({images, 24, 7, 9}), n.weight({32, 24, 3, 3}), {.pad = {1, 1, 1, 1}});
  y = activate(n.b, y, spec::Activation::TANH);
  y = n.b.conv(y, n.weight({36, 32, 3, 3}), {.pad = {2, 0, 1, 1}});
  y = n.b.add(y, n.b.broadcast(n.weight({36}), {1}, y->type.shape));
  n.finish(n.b.conv(y, n.weight({66, 18, 3, 3}), {.groups = 2}));
}

// What a batch normalization computes over all examples is read by the next loop over blocks.
void build_normalized(Network& n, int64_t images) {
  Value* y = n.b.conv(n.input({images, 2, 4, 5}), n.weight({3, 2, 2, 2}), {});
  const Shape shape = y->type.shape;
  y = n.b.sub(y, n.b.broadcast(n.b.reduce_mean(y, {0, 2, 3}), {1}, shape));
  Value* variance = n.b.reduce_mean(n.b.mul(y, y), {0, 2, 3});
  y = n.b.div(y, n.b.broadcast(n.b.sqrt(n.b.add(variance, 0.5)), {1}, shape));
  y = n.b.window(OpKind::kWindowMax, y, {.window = {2, 3}, .stride = {1, 1}, .pad = {0, 1, 1, 0}});
  n.finish(n.b.dot(n.b.reshape(y, {images, y->type.elements() / images}), n.weight({y->type.elements() / images, 48})));
}

// Slices, padding and transposition between layers, and pixels summed up.
void build_moved(Network& n, int64_t images) {
  Value* x = n.input({images, 3, 5, 4});
  Value* y = n.b.conv(n.b.transpose(x, {0, 1, 3, 2}), n.weight({4, 3, 2, 2}), {});
  Value* part = n.b.create(OpKind::kSlice, {y}, SliceAttributes{{0, 1, 0, 1}, {images, 3, 3, 4}, {1, 1, 2, 1}});
  part = n.b.create(OpKind::kPad, {part}, PadAttributes{{0, 0, 1, 0}, {0, 1, 0, 2}, {0, 0, 0, 1}, 2});
  part = n.b.window(OpKind::kWindowSum, part, {.window = {3, 2}, .stride = {1, 2}});
  part = n.b.concat({part, n.b.neg(part)}, 1);
  n.finish(n.b.mul(n.b.reduce_sum(part, {2, 3}), 0.5));
}

// A filter's gradient reads images that are the same in every batch, and are in no block.
void build_constant(Network& n, int64_t images) {
  std::vector<double> numbers;
  for (int64_t i = 0; i < images * 12; ++i) numbers.push_back(static_cast<double>(i % 7) - 3);
  Value* fixed = n.b.constant({DType::kF32, {images, 1, 3, 4}}, numbers);
  Value* y = n.b.conv(fixed, n.weight({2, 1, 2, 2}), {});
  n.finish(n.b.add(y, n.b.conv(n.input({images, 2, 3, 4}), n.weight({2, 2, 2, 2}), {})));
}

// More channels than a tile of registers has, and rows that take several tiles.
void build_wide(Network& n, int64_t images) {
  Value* y = n.b.conv(n.input({images, 3, 5, 17}), n.weight({20, 3, 2, 5}), {.pad = {0, 0, 1, 1}});
  y = activate(n.b, y, spec::Activation::RELU);
  y = n.b.conv(y, n.weight({26, 10, 4, 3}), {.groups = 2});
  const int64_t features = y->type.elements() / images;
  n.finish(n.b.dot(n.b.reshape(y, {images, features}), n.weight({features, 37})));
}

// Filters that are the same number everywhere, or are computed.
void build_given(Network& n, int64_t images) {
  Value* filter = n.weight({2, 3, 1, 2});
  Value* y = n.b.conv(n.input({images, 2, 4, 5}), n.b.transpose(filter, {1, 0, 2, 3}), {});
  n.finish(n.b.conv(y, n.b.constant({DType::kF32, {2, 3, 2, 2}}, 0.5), {}));
}

// Concatenations of what is computed for them, of each other, and of what two of them have. What is one's part has
// other readers, before and behind it.
void build_joined(Network& n, int64_t images) {
  Value* x = n.input({images, 2, 4, 5});
  Value* left = activate(n.b, n.b.conv(x, n.weight({3, 2, 1, 1}), {}), spec::Activation::RELU);
  Value* right = n.b.conv(x, n.weight({2, 2, 3, 3}), {.pad = {1, 1, 1, 1}});
  Value* early = n.b.exp(n.b.mul(right, 0.1));
  Value* both = n.b.concat({left, right}, 1);
  Value* next = n.b.conv(both, n.weight({4, 5, 1, 1}), {});
  Value* all = n.b.concat({both, next, early}, 1);
  Value* again = n.b.concat({n.b.add(left, 1), right}, 1);
  n.finish(n.b.concat({n.b.neg(all), n.b.mul(again, again), n.b.add(left, -2)}, 1));
}

// Filters whose rows of 11 and 13 places divide into tiles that are not all full; of one, whose sums are many, all
// lanes are added up together. The last is wider than its input, most of whose places meet it in a loop.
void build_long_filters(Network& n, int64_t images) {
  Value* y = n.b.conv(n.input({images, 2, 2, 15}), n.weight({3, 2, 1, 11}), {.pad = {0, 0, 5, 5}});
  y = n.b.conv(y, n.weight({70, 3, 2, 1}), {});
  y = n.b.conv(y, n.weight({70, 1, 1, 13}), {.pad = {0, 0, 6, 2}, .groups = 70});
  y = n.b.conv(y, n.weight({16, 70, 1, 11}), {.pad = {0, 0, 3, 0}});
  n.finish(n.b.conv(y, n.weight({2, 16, 1, 70}), {.pad = {0, 0, 35, 40}}));
}

struct NetworkCase {
  const char* name;
  void (*build)(Network&, int64_t images);
  friend void PrintTo(const NetworkCase& c, std::ostream* out) { *out << c.name; }
};

class BlockLoop : public ::testing::TestWithParam<NetworkCase> {};

TEST_P(BlockLoop, ComputesWhatTheOpsDo) {
  for (const int64_t images : {16, 41}) {
    Network network;
    GetParam().build(network, images);
    auto fused = network.function.clone();
    ASSERT_TRUE(run_passes(*fused, default_pipeline()));
    SCOPED_TRACE(print(*fused));
    EXPECT_TRUE(std::ranges::any_of(fused->ops(), [](const auto& op) { return op->kind == OpKind::kLoop; }));
    proof::Rng rng(5);
    const auto arguments =
        draw_arguments(network.function, std::vector<proof::Domain>(network.function.parameters().size()),
                       proof::Numbers::kUniform, rng);
    testing::CompiledProgram compiled(*fused);
    EXPECT_TRUE(agrees(testing::interpret_reference(network.function, arguments), compiled.run(arguments)));
    EXPECT_TRUE(ignores_threads(compiled, arguments));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, BlockLoop,
                         ::testing::Values(NetworkCase{"Strided", build_strided},
                                           NetworkCase{"Normalized", build_normalized},
                                           NetworkCase{"Moved", build_moved}, NetworkCase{"Constant", build_constant},
                                           NetworkCase{"Wide", build_wide}, NetworkCase{"Given", build_given},
                                           NetworkCase{"Joined", build_joined},
                                           NetworkCase{"LongFilters", build_long_filters},
                                           NetworkCase{"Filtered", build_filtered}),
                         [](const auto& info) { return info.param.name; });

// As a squeeze and what it feeds: nothing is left of the concatenation.
TEST(BlockLoops, ComputePartsWhereAConcatenationHasThem) {
  Network network;
  Builder& b = network.b;
  Value* x = b.window(OpKind::kWindowMax, network.input({32, 2, 5, 5}), {.window = {2, 2}, .stride = {1, 1}});
  Value* y = b.concat({b.exp(x), b.concat({b.neg(x), b.mul(x, x)}, 1), b.add(x, 1)}, 1);
  network.function.add_result("y", b.reduce_sum(y, {2, 3}));
  auto fused = network.function.clone();
  ASSERT_TRUE(run_passes(*fused, default_pipeline()));
  const auto compiled = compile(*fused, plan_memory(*fused));
  ASSERT_TRUE(compiled) << compiled.error().to_string();
  for (const Kernel& kernel : (*compiled)->kernels) EXPECT_EQ(kernel.op.find("concat"), std::string::npos) << kernel.op;
  proof::Rng rng(5);
  const auto arguments = draw_arguments(network.function, {{}}, proof::Numbers::kWhole, rng);
  testing::CompiledProgram program(*fused);
  EXPECT_TRUE(agrees(testing::interpret_reference(network.function, arguments), program.run(arguments)));
}

// Of a filter that reaches far over the border, most taps meet all of a tile: they share a loop.
TEST(BlockLoops, HaveLittleCodeForTheBordersOfLongFilters) {
  const auto lines = [](int64_t taps) {
    Network network;
    Value* x = network.input({16, 2, 1, 300});
    network.finish(network.b.conv(x, network.weight({4, 2, 1, taps}), {.pad = {0, 0, taps / 2, taps / 2}}));
    EXPECT_TRUE(run_passes(network.function, default_pipeline()));
    const auto text = emit_llvm_ir(network.function, plan_memory(network.function));
    EXPECT_TRUE(text) << text.error().to_string();
    return text ? std::ranges::count(*text, '\n') : 0;
  };
  EXPECT_LT(lines(256), 5 * lines(64));  // tiles at the border are as many as there are taps
}

}  // namespace
}  // namespace minnow

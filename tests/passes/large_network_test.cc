// What passes do grows with the network and not with its square.
#include "tests/cases/large_network.h"

#include <gtest/gtest.h>

#include "ir/builder.h"
#include "ir/steps.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/group/check_kernels.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"

namespace minnow {
namespace {

// Times the steps for four times the blocks; the square would be 16. Kernels grow until they have as many ops as they
// may, so that a small network takes fewer steps per op.
constexpr double kLinear = 8;

int64_t steps_for(Function& function) {
  const int64_t before = steps_taken;
  const auto records = run_passes(function, default_pipeline());
  EXPECT_TRUE(records) << records.error().to_string();
  EXPECT_TRUE(check_kernels(function));
  return steps_taken - before;
}

struct LargeNetwork {
  const char* kind;
  int blocks;
};

class LargeNetworkTest : public testing::TestWithParam<LargeNetwork> {};

TEST_P(LargeNetworkTest, TakesStepsInProportion) {
  const auto& [kind, blocks] = GetParam();
  const auto few = static_cast<double>(steps_for(*large_step(kind, blocks)));
  const auto many = static_cast<double>(steps_for(*large_step(kind, 4 * blocks)));
  EXPECT_LT(many, kLinear * few) << kind;
}

// The search for a good layout compares pairs, but not for longer than that.
TEST(LargeNetworkPlan, IsGivenItsMemoryInBoundedSteps) {
  const auto step = large_step("dense", 800);
  const int64_t before = steps_taken;
  const MemoryPlan plan = plan_memory(*step);
  EXPECT_LT(steps_taken - before, int64_t{1} << 28);
  EXPECT_GE(plan.arena_bytes, peak_live_bytes(plan));
}

INSTANTIATE_TEST_SUITE_P(All, LargeNetworkTest,
                         testing::Values(LargeNetwork{"dense", 250}, LargeNetwork{"batch_norm", 30},
                                         LargeNetwork{"residual", 60}, LargeNetwork{"tanh", 125},
                                         LargeNetwork{"branches", 100}),
                         [](const auto& info) { return std::string(info.param.kind); });

// f(x) = ... ; `add` appends the ops and answers the result.
template <typename Add>
int64_t steps_for_function(int size, Add add) {
  Function function("f");
  Value* x = function.add_parameter("x", {DType::kF32, {16, 4}});
  Value* w = function.add_parameter("w", {DType::kF32, {16, 4}}, Role::kWeight);
  Builder b(function);
  function.add_result("", add(b, x, w, size));
  const std::string text = print(function);
  EXPECT_TRUE(parse_module(text, "f.ir"));
  return steps_for(function);
}

// No walk may follow every path: of these there are 2^60.
TEST(LargeFunction, OfDoublings) {
  const auto doublings = [](Builder& b, Value* x, Value* w, int size) {
    Value* image = b.reshape(x, {16, 1, 2, 2});
    image = b.window(OpKind::kWindowMax, image, {.window = {2, 2}, .stride = {1, 1}});  // so that there are blocks
    for (int i = 0; i < size; ++i) w = b.add(w, w);
    for (int i = 0; i < size; ++i) x = b.add(b.unary(OpKind::kTanh, x), x);
    return b.concat({b.reshape(image, {16, 1}), b.mul(x, w)}, 1);
  };
  EXPECT_LT(steps_for_function(60, doublings), 200000);
}

TEST(LargeFunction, ThatIsDeep) {
  const auto chain = [](Builder& b, Value* x, Value* w, int size) {
    for (int i = 0; i < size; ++i) x = i % 3 == 0 ? b.add(x, w) : b.unary(i % 3 == 1 ? OpKind::kTanh : OpKind::kAbs, x);
    return x;
  };
  const auto few = static_cast<double>(steps_for_function(2500, chain));
  EXPECT_LT(static_cast<double>(steps_for_function(10000, chain)), kLinear * few);
}

// Ops that only move elements, in turns that no rule joins.
TEST(LargeFunction, OfReshapesAndTransposes) {
  const auto chain = [](Builder& b, Value* x, Value*, int size) {
    std::vector<Value*> sums;
    for (int i = 0; i < size; ++i) {
      x = b.transpose(b.reshape(x, {2, 32}), {1, 0});
      sums.push_back(b.reshape(b.reduce_sum(b.add(x, 0.0), {0, 1}), {1}));  // where x might be known to be no -0
    }
    return b.concat(std::move(sums), 0);
  };
  const auto few = static_cast<double>(steps_for_function(1000, chain));
  EXPECT_LT(static_cast<double>(steps_for_function(4000, chain)), kLinear * few);
}

TEST(LargeFunction, WithAValueThatManyRead) {
  const auto many_users = [](Builder& b, Value* x, Value* w, int size) {
    std::vector<Value*> parts;
    Value* read = b.unary(OpKind::kTanh, x);
    for (int i = 0; i < size; ++i) {
      Value* own = b.mul(read, 2.0 + i);
      parts.push_back(b.reduce_sum(b.mul(own, w), {0, 1}));
      parts.back() = b.reshape(parts.back(), {1});
    }
    return b.concat(std::move(parts), 0);
  };
  const auto few = static_cast<double>(steps_for_function(1250, many_users));
  EXPECT_LT(static_cast<double>(steps_for_function(5000, many_users)), kLinear * few);
}

}  // namespace
}  // namespace minnow

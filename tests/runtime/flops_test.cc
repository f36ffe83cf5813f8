#include "runtime/flops.h"

#include <gtest/gtest.h>

#include "ir/contraction.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/session.h"

namespace minnow {
namespace {

double flops_of(std::string_view text) {
  const auto module = parse_module(text, "flops.ir");
  EXPECT_TRUE(module) << module.error().to_string();
  return module ? contraction_flops(*(*module)->functions.front()) : -1;
}

TEST(Flops, CountsContractionsAlone) {
  EXPECT_EQ(flops_of(R"(func @f(%x: f32[4,3], %w: f32[3,5]) -> (f32[4,5]) {
    %0 = dot(%x, %w) : f32[4,5]
    %1 = exp(%0) : f32[4,5]
    return %1
  })"),
            2 * 4 * 3 * 5);
}

TEST(Flops, LooksIntoFusedBodies) {
  EXPECT_EQ(flops_of(R"(func @f(%x: f32[4,3], %w: f32[3,5]) -> (f32[4,5]) {
    %0 = fused(%a0 = %x, %a1 = %w) {kind = contraction} : f32[4,5] {
      %b0 = dot(%a0, %a1) : f32[4,5]
      %b1 = exp(%b0) : f32[4,5]
      return %b1
    }
    return %0
  })"),
            2 * 4 * 3 * 5);
}

// The gradient of the first layer's input is not there to count: three products for the last layer, two for the first.
TEST(Flops, OfATrainingStepLeaveOutWhatNobodyNeeds) {
  const auto model = read_experiment(MINNOW_SOURCE_DIR "/models/mlp-256.textproto", {});
  ASSERT_TRUE(model) << model.error().to_string();
  const double batch = 256, first = 784.0 * 256, last = 256.0 * 10;
  EXPECT_EQ(model_flops(*model, "infer").value(), 2 * batch * (first + last));
  EXPECT_EQ(model_flops(*model, "train_step").value(), 2 * batch * (2 * first + 3 * last));
}

// Fused and cut into blocks, a step asks for the same products.
TEST(Flops, DoNotDependOnThePasses) {
  const auto model = read_experiment(MINNOW_SOURCE_DIR "/models/lenet-relu.textproto", {});
  ASSERT_TRUE(model) << model.error().to_string();
  const auto step = build_function(*model, "train_step", {{128}, default_pipeline(), {}});
  ASSERT_TRUE(step) << step.error().to_string();
  EXPECT_EQ(contraction_flops(**step), model_flops(*model, "train_step").value());
}

TEST(Flops, PeakIsMeasuredOnEveryThreadOfThePool) {
  ThreadPool pool(2);
  const auto peak = measure_peak_flops(pool);
  ASSERT_TRUE(peak) << peak.error().to_string();
  EXPECT_GT(*peak, 0);
}

}  // namespace
}  // namespace minnow

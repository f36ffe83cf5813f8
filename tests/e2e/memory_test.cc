// The arenas of the shipped models hold little more than what lives in them at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "frontend/load_model.h"
#include "ir/map.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "runtime/session.h"
#include "tests/e2e/model_run.h"

namespace minnow {
namespace {

class ShippedModelsMemory : public testing::TestWithParam<std::string> {};

void expect_tight(const Function& function, const std::string& which) {
  const MemoryPlan plan = plan_memory(function);
  EXPECT_LE(static_cast<double>(plan.arena_bytes), 1.05 * static_cast<double>(peak_live_bytes(plan))) << which;
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kMap) expect_tight(*op->body, which + ", a block");
}

TEST_P(ShippedModelsMemory, IsWithinFivePercentOfWhatLivesAtOnce) {
  for (const int64_t batch : {1, 33, 256}) {
    const auto model = read_experiment(model_path(GetParam()));
    ASSERT_TRUE(model) << model.error().to_string();
    for (const char* name : {"infer", "train_step"}) {
      for (const char* passes : {"default", "canonicalize,cse,dce"}) {
        const auto function = build_function(*model, name, {{batch}, *parse_pipeline(passes), {}});
        ASSERT_TRUE(function) << function.error().to_string();
        expect_tight(**function, std::string(name) + " at batch size " + std::to_string(batch));
      }
    }
  }
}

// The sums of a block loop are gradients of weights, although the loop begins with the forward pass.
TEST(MapResults, BelongToWhatTheirBlocksPutTogether) {
  const auto model = read_experiment(model_path("lenet"));
  ASSERT_TRUE(model) << model.error().to_string();
  const auto step = build_function(*model, "train_step", {{64}, default_pipeline(), {}});
  ASSERT_TRUE(step) << step.error().to_string();
  const auto map = std::ranges::find_if((*step)->ops(), [](const auto& op) { return op->kind == OpKind::kMap; });
  ASSERT_NE(map, (*step)->ops().end());
  std::set<std::string> gradients, forward;
  for (const auto& result : (*map)->results) {
    const Location& location = location_of(*result);
    (location.phase == Phase::kGradient ? gradients : forward).insert(location.layer);
  }
  EXPECT_EQ(gradients, (std::set<std::string>{"conv1", "conv2", "fc1", "fc2", "fc3"}));
  EXPECT_EQ(forward, std::set<std::string>{"loss"});
}

INSTANTIATE_TEST_SUITE_P(All, ShippedModelsMemory, testing::ValuesIn(shipped_models()),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace minnow

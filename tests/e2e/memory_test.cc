// The arenas of the shipped models hold little more than what lives in them at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "codegen/compile.h"
#include "frontend/load/load_model.h"
#include "ir/loop.h"
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
    if (op->kind == OpKind::kLoop) expect_tight(*op->body, which + ", a block");
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

// The most bytes of the arena that hold something at once: a buffer does from the first kernel that names it to the
// last. Kernels of a loop run together.
int64_t most_bytes_in_use(const CompiledFunction& compiled) {
  std::vector<std::pair<size_t, size_t>> lives(compiled.buffers.size(), {compiled.kernels.size(), 0});
  const auto use = [&](int buffer, size_t first, size_t last) {
    auto& [begin, end] = lives[static_cast<size_t>(buffer)];
    begin = std::min(begin, first);
    end = std::max(end, last);
  };
  for (size_t i = 0; i < compiled.kernels.size(); ++i) {
    const Kernel& kernel = compiled.kernels[i];
    const BlockLoop* loop = kernel.loop < 0 ? nullptr : &compiled.loops[static_cast<size_t>(kernel.loop)];
    for (const int buffer : kernel.buffers) {
      const Buffer& named = compiled.buffers[static_cast<size_t>(buffer)];
      const int whole = named.kind == Buffer::Kind::kBlock ? named.index : buffer;
      use(whole, loop ? loop->first : i, loop ? loop->last - 1 : i);
    }
    if (loop != nullptr && loop->sums >= 0) use(loop->sums, loop->first, loop->last - 1);
  }
  for (const SequentialLoop& loop : compiled.sequences) {
    const auto use_throughout = [&](int buffer) {
      if (buffer >= 0) use(buffer, loop.first, loop.last - 1);
    };
    for (const int part : loop.parts) use_throughout(compiled.buffers[static_cast<size_t>(part)].index);
    for (const SequentialLoop::Carry& carry : loop.carries)
      for (const int buffer : {carry.initial, carry.last, carry.other}) use_throughout(buffer);
    for (const int sum : loop.sums) use_throughout(sum);
    for (size_t i = loop.first; i < loop.last; ++i)
      for (const int buffer : compiled.kernels[i].buffers) use_throughout(buffer);
  }
  int64_t most = 0;
  for (size_t i = 0; i < compiled.kernels.size(); ++i) {
    std::map<int64_t, int> edges;  // of the ranges in use, by offset: some buffers share their bytes
    for (size_t b = 0; b < lives.size(); ++b) {
      const Buffer& buffer = compiled.buffers[b];
      if (buffer.kind != Buffer::Kind::kArena || i < lives[b].first || i > lives[b].second) continue;
      ++edges[buffer.offset];
      --edges[buffer.offset + (buffer.bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment];
    }
    int64_t bytes = 0, since = 0;
    int open = 0;
    for (const auto& [offset, change] : edges) {
      if (open > 0) bytes += offset - since;
      open += change;
      since = offset;
    }
    most = std::max(most, bytes);
  }
  return most;
}

// What compiling adds to the plan, the shares' sums for one, is in this.
// A model of texts is taken as it trains: the scratch of one kernel is much of what a few windows need, and may find no
// gap.
TEST_P(ShippedModelsMemory, IsWithinFivePercentOfWhatKernelsHoldAtOnce) {
  const auto model = read_experiment(model_path(GetParam()));
  ASSERT_TRUE(model) << model.error().to_string();
  const int64_t own = model->model.training().batch_size();
  for (const int64_t batch : reads_text(GetParam()) ? std::vector{own} : std::vector<int64_t>{64, 256}) {
    const auto function = build_function(*model, "train_step", {{batch}, default_pipeline(), {}});
    ASSERT_TRUE(function) << function.error().to_string();
    CompileOptions options;
    options.opt_level = 0;
    const auto compiled = compile(**function, plan_memory(**function), options);
    ASSERT_TRUE(compiled) << compiled.error().to_string();
    EXPECT_LE(static_cast<double>((*compiled)->arena_bytes), 1.05 * static_cast<double>(most_bytes_in_use(**compiled)))
        << "batch size " << batch;
  }
}

// The sums of a block loop are gradients of weights, although the loop begins with the forward pass.
TEST(MapResults, BelongToWhatTheirBlocksPutTogether) {
  const auto model = read_experiment(model_path("lenet"));
  ASSERT_TRUE(model) << model.error().to_string();
  const auto step = build_function(*model, "train_step", {{64}, default_pipeline(), {}});
  ASSERT_TRUE(step) << step.error().to_string();
  const auto loop = std::ranges::find_if((*step)->ops(), [](const auto& op) { return op->kind == OpKind::kLoop; });
  ASSERT_NE(loop, (*step)->ops().end());
  std::set<std::string> gradients, forward;
  for (const auto& result : (*loop)->results) {
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

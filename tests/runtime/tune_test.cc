// Schedules change how fast kernels run, and no bit of what they compute: neither those that tuning tries, nor those of
// another processor with vectors as long.
#include "runtime/tune.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "passes/pipeline.h"
#include "proof/other_schedules.h"
#include "runtime/random_batch.h"
#include "runtime/session.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

std::unique_ptr<Function> train_step_of(const std::string& model, const std::string& batch_size) {
  const auto loaded =
      read_experiment(MINNOW_SOURCE_DIR "/models/" + model + ".textproto", {"training.batch_size=" + batch_size});
  EXPECT_TRUE(loaded) << loaded.error().to_string();
  BuildOptions options{{loaded->model.training().batch_size()}, default_pipeline(), {}};
  auto function = build_function(*loaded, "train_step", options);
  EXPECT_TRUE(function) << function.error().to_string();
  return *std::move(function);
}

// What three runs of the code leave: all parameters, as bytes.
std::string bytes_after_runs(const Function& function, std::shared_ptr<const CompiledFunction> compiled) {
  ThreadPool pool(2);
  const auto executable = make_executable(function.clone(), std::move(compiled), pool);
  std::vector<Tensor> values;
  for (const auto& parameter : function.parameters()) values.push_back(random_argument(*parameter, 0.01));
  std::vector<Tensor*> arguments;
  for (Tensor& value : values) arguments.push_back(&value);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(executable->run(arguments));
  std::string bytes;
  for (const Tensor& value : values)
    bytes.append(reinterpret_cast<const char*>(value.data()), static_cast<size_t>(value.type().bytes()));
  return bytes;
}

struct Case {
  std::string model, batch_size, cpu;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.model << " " << c.batch_size << " " << c.cpu; }
};

class ScheduleTest : public testing::TestWithParam<Case> {};

TEST_P(ScheduleTest, ChangesNoBit) {
  const auto function = train_step_of(GetParam().model, GetParam().batch_size);
  const MemoryPlan plan = plan_memory(*function);
  CompileOptions options;
  options.cpu = GetParam().cpu;
  const auto target = host_target(options.cpu);
  ASSERT_TRUE(target);
  options.keep_llvm_ir = true;
  std::set<std::string> codes;
  const auto bytes_with = [&](const ScheduleOptions& schedule) {
    options.schedules.assign(function->ops().size() * 100, schedule);  // more than there are kernels
    auto compiled = compile(*function, plan, options);
    EXPECT_TRUE(compiled) << compiled.error().to_string();
    codes.insert((*compiled)->llvm_ir);
    return bytes_after_runs(*function, *std::move(compiled));
  };
  const std::string expected = bytes_with(target->schedule);
  for (const ScheduleOptions& schedule : proof::other_schedules(*target))
    EXPECT_TRUE(bytes_with(schedule) == expected)
        << schedule.tiles.accumulators << " accumulators, " << schedule.cache_bytes << " bytes of cache";
  EXPECT_GT(codes.size(), 1U);  // they did change something
}

INSTANTIATE_TEST_SUITE_P(Models, ScheduleTest,
                         testing::Values(Case{"lenet-relu", "37", ""}, Case{"lenet-relu", "37", "x86-64-v3"},
                                         Case{"mlp-256", "23", ""}, Case{"mlp-256", "23", "x86-64-v3"},
                                         Case{"lenet", "1", ""}, Case{"softmax-regression", "37", ""}));

// Processors of one vector length, which have other caches, units and tiles.
class ProcessorsTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(ProcessorsTest, AgreeToTheBit) {
  const auto& [model, batch_size] = GetParam();
  const auto function = train_step_of(model, batch_size);
  const MemoryPlan plan = plan_memory(*function);
  std::map<int, std::string> expected;  // by the length of vectors
  for (const std::string cpu : {"znver3", "haswell", "alderlake", "znver4", "sapphirerapids"}) {
    const auto target = host_target(cpu);
    if (!target) continue;  // it does not run here
    CompileOptions options;
    options.cpu = cpu;
    auto compiled = compile(*function, plan, options);
    ASSERT_TRUE(compiled) << compiled.error().to_string();
    const std::string bytes = bytes_after_runs(*function, *std::move(compiled));
    EXPECT_TRUE(expected.try_emplace(target->lanes, bytes).first->second == bytes) << cpu;
  }
  EXPECT_FALSE(expected.empty());
}

INSTANTIATE_TEST_SUITE_P(Models, ProcessorsTest,
                         testing::Values(std::tuple("lenet", "37"), std::tuple("zoo/keras-cifar", "18"),
                                         std::tuple("mlp-256", "67"), std::tuple("lstm", "19"),
                                         std::tuple("gpt-char", "2")));

TEST(Tune, FindsTheSameResultOnceAndKeepsIt) {
  const TemporaryFolder folder;
  const auto function = train_step_of("mlp-1", "19");
  const MemoryPlan plan = plan_memory(*function);
  CompileOptions options;
  options.cache_folder = folder.path();
  ThreadPool pool(2);
  std::vector<TuneReport> reports;
  const auto tune = [&] {
    return compile_tuned(*function, plan, pool, options, [&](const TuneReport& report) { reports.push_back(report); });
  };
  auto searched = tune();
  auto found = tune();
  auto untuned = compile(*function, plan, options);
  ASSERT_TRUE(searched && found && untuned);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].function, "train_step");
  EXPECT_EQ(reports[0].kernels, (*found)->kernels.size());
  EXPECT_LE(reports[0].changed, reports[0].kernels);
  EXPECT_LE(reports[0].seconds_after, reports[0].seconds_before);
  EXPECT_GT(reports[0].seconds_after, 0);
  EXPECT_FALSE((*searched)->is_cached);
  EXPECT_TRUE((*found)->is_cached);
  const auto schedules_of = [](const CompiledFunction& compiled) {
    std::vector<std::string> texts;
    for (const Kernel& kernel : compiled.kernels) texts.push_back(kernel.schedule);
    return texts;
  };
  EXPECT_EQ(schedules_of(**searched), schedules_of(**found));
  EXPECT_EQ(std::ranges::count_if(
                (*found)->kernels,
                [](const Kernel& kernel) { return kernel.schedule.find("found by tuning") != std::string::npos; }),
            static_cast<int64_t>(reports[0].changed));
  EXPECT_FALSE((*untuned)->is_cached);  // searching leaves nothing where others look
  const std::string expected = bytes_after_runs(*function, *std::move(untuned));
  EXPECT_TRUE(bytes_after_runs(*function, *std::move(searched)) == expected);
  EXPECT_TRUE(bytes_after_runs(*function, *std::move(found)) == expected);
}

}  // namespace
}  // namespace minnow

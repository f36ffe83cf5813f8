// Register tiles change how fast kernels run, and no bit of what they compute.
#include "runtime/tune.h"

#include <gtest/gtest.h>

#include <set>

#include "passes/pipeline.h"
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

class RegisterTilesTest : public testing::TestWithParam<Case> {};

TEST_P(RegisterTilesTest, ChangeNoBit) {
  const auto function = train_step_of(GetParam().model, GetParam().batch_size);
  const MemoryPlan plan = plan_memory(*function);
  CompileOptions options;
  options.cpu = GetParam().cpu;
  const auto target = host_target(options.cpu);
  ASSERT_TRUE(target);
  const std::vector<RegisterTiles> candidates = tile_candidates(*target);
  ASSERT_GT(candidates.size(), 1U);
  options.keep_llvm_ir = true;
  std::set<std::string> codes;
  const auto bytes_with = [&](const RegisterTiles& tiles) {
    options.tiles.assign(function->ops().size() * 100, tiles);  // more than there are kernels
    auto compiled = compile(*function, plan, options);
    EXPECT_TRUE(compiled) << compiled.error().to_string();
    codes.insert((*compiled)->llvm_ir);
    return bytes_after_runs(*function, *std::move(compiled));
  };
  const std::string expected = bytes_with(candidates.front());
  for (const RegisterTiles& tiles : candidates)
    EXPECT_TRUE(bytes_with(tiles) == expected) << tiles.accumulators << " accumulators";
  EXPECT_GT(codes.size(), 1U);  // they did change something
}

INSTANTIATE_TEST_SUITE_P(Models, RegisterTilesTest,
                         testing::Values(Case{"lenet-relu", "37", ""}, Case{"lenet-relu", "37", "x86-64-v3"},
                                         Case{"mlp-256", "23", ""}, Case{"mlp-256", "23", "x86-64-v3"},
                                         Case{"lenet", "1", ""}, Case{"softmax-regression", "37", ""}));

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
  EXPECT_FALSE((*untuned)->is_cached);  // searching leaves nothing where others look
  const std::string expected = bytes_after_runs(*function, *std::move(untuned));
  EXPECT_TRUE(bytes_after_runs(*function, *std::move(searched)) == expected);
  EXPECT_TRUE(bytes_after_runs(*function, *std::move(found)) == expected);
}

}  // namespace
}  // namespace minnow

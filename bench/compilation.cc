#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "bench/suites.h"
#include "codegen/compile.h"
#include "passes/pipeline.h"
#include "runtime/session.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

using Clock = std::chrono::steady_clock;

// Milliseconds since the last lap.
class Laps {
 public:
  double lap() {
    const auto now = Clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  Clock::time_point last_ = Clock::now();
};

struct Stages {
  double build = 0;  // lowering, autodiff, optimiser
  double passes = 0;
  double plan = 0;  // memory
  double code = 0;  // LLVM IR, LLVM, linking
};

Status compile_once(const LoadedModel& model, const CompileOptions& options, Stages& stages) {
  Laps laps;
  const int64_t batch = model.model.training().batch_size();
  MINNOW_ASSIGN(const auto function, build_function(model, "train_step", {{batch}, {}, {}}));
  stages.build += laps.lap();
  MINNOW_TRY(run_passes(*function, default_pipeline()));
  stages.passes += laps.lap();
  const MemoryPlan plan = plan_memory(*function);
  stages.plan += laps.lap();
  MINNOW_TRY(compile(*function, plan, options));
  stages.code += laps.lap();
  return {};
}

// With a cache folder, all but the first compilation find their machine code there.
void run_compilation(benchmark::State& state, const std::string& name, int64_t batch, const CompileOptions& options) {
  const Result<LoadedModel> model = read_shipped(name, batch);
  if (!model) return skip(state, model.error());
  Stages stages;
  if (!options.cache_folder.empty()) {
    if (const Status status = compile_once(*model, options, stages); !status) return skip(state, status.error());
    stages = {};
  }
  for (auto _ : state) {
    if (const Status status = compile_once(*model, options, stages); !status) return skip(state, status.error());
  }
  const auto average = [](double total) { return benchmark::Counter(total, benchmark::Counter::kAvgIterations); };
  state.counters["build_ms"] = average(stages.build);
  state.counters["passes_ms"] = average(stages.passes);
  state.counters["plan_ms"] = average(stages.plan);
  state.counters["code_ms"] = average(stages.code);
}

}  // namespace

void register_compilation() {
  constexpr int64_t kBatch = 64;
  static const TemporaryFolder cache;
  const auto add = [&](const std::string& model, const std::string& way, const CompileOptions& options) {
    const std::string name = fmt::format("compile/{}/train_step/batch:{}/{}", model, kBatch, way);
    auto* benchmark = benchmark::RegisterBenchmark(name.c_str(), run_compilation, model, kBatch, options);
    measure_on(*benchmark->Unit(benchmark::kMillisecond), options.threads);
  };
  for (const std::string& model : shipped_models()) {
    for (const int threads : {1, 2}) {
      CompileOptions options;
      options.threads = threads;
      add(model, fmt::format("threads:{}", threads), options);
    }
    CompileOptions options;
    options.cache_folder = cache.path();
    add(model, "cached", options);
  }
}

}  // namespace minnow

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "bench/suites.h"
#include "runtime/flops.h"
#include "runtime/random_batch.h"

namespace minnow {
namespace {

struct StepCase {
  std::string model;
  ModelFunction function;
  int64_t batch;
  Backend backend;
  bool fuse = true;
  int threads = 1;

  std::string_view function_name() const { return function == ModelFunction::kInfer ? "infer" : "train_step"; }
  std::string name() const {
    return fmt::format("step/{}/{}/batch:{}/{}{}/threads:{}", model, function_name(), batch,
                       backend == Backend::kInterpreter ? "interpreter" : "jit", fuse ? "" : "-unfused", threads);
  }
};

// A case made ready to run. Google Benchmark calls a benchmark again with more iterations until it has run for long
// enough; the last case is kept, so that it is compiled only once.
struct ReadyStep {
  std::string name;
  LoadedModel model;
  ThreadPool pool;
  std::unique_ptr<Session> session = {};
  Executable* executable = nullptr;
  RandomBatch batch = {};
  double flops = 0;
  int64_t step = 0;

  ReadyStep(const StepCase& one, LoadedModel loaded) : name(one.name()), model(std::move(loaded)), pool(one.threads) {}

  Status prepare(const StepCase& one) {
    SessionOptions options;
    options.backend = one.backend;
    options.fuse = one.fuse;
    MINNOW_ASSIGN(session, Session::create(model, options, pool));
    MINNOW_ASSIGN(executable, session->executable(one.function, one.batch));
    MINNOW_ASSIGN(flops, model_flops(model, one.function_name()));
    batch = draw_batch(*session);
    return run();
  }

  Status run() { return session->run(*executable, batch.examples, &batch.targets, step++, 0.001); }
};

Result<ReadyStep*> make_ready(const StepCase& one) {
  static std::unique_ptr<ReadyStep> last;
  if (last && last->name == one.name()) return last.get();
  MINNOW_ASSIGN(LoadedModel loaded, read_shipped(one.model, one.batch));
  auto ready = std::make_unique<ReadyStep>(one, std::move(loaded));
  MINNOW_TRY(ready->prepare(one));
  last = std::move(ready);
  return last.get();
}

void run_step(benchmark::State& state, const StepCase& one) {
  const Result<ReadyStep*> ready = make_ready(one);
  if (!ready) return skip(state, ready.error());
  for (auto _ : state) {
    if (const Status status = (*ready)->run(); !status) return skip(state, status.error());
  }
  state.SetItemsProcessed(state.iterations() * one.batch);
  report_flops(state, (*ready)->flops, one.threads);
}

void register_case(const StepCase& one) {
  auto* benchmark = benchmark::RegisterBenchmark(
      one.name().c_str(), [one](benchmark::State& state) { run_step(state, one); });
  benchmark->Unit(benchmark::kMicrosecond);
  measure_on(*benchmark, one.threads);
  if (one.backend == Backend::kInterpreter) benchmark->Iterations(3);
}

}  // namespace

void register_steps() {
  constexpr int64_t kLargestInterpreted = 64;
  for (const std::string& model : shipped_models()) {
    for (const auto function : {ModelFunction::kTrainStep, ModelFunction::kInfer}) {
      for (const int64_t batch : {1, 32, 64, 128, 256}) {
        if (batch <= kLargestInterpreted) register_case({model, function, batch, Backend::kInterpreter});
        for (const bool fuse : {false, true})
          for (const int threads : {1, 2}) register_case({model, function, batch, Backend::kJit, fuse, threads});
      }
    }
  }
}

}  // namespace minnow

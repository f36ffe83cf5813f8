#include <string>

#include "bench/ready_step.h"
#include "bench/suites.h"

namespace minnow {
namespace {

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
  auto* benchmark = benchmark::RegisterBenchmark(("step/" + one.name()).c_str(),
                                                 [one](benchmark::State& state) { run_step(state, one); });
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

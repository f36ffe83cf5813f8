// Every kernel of a model's training step, each timed where it runs: between the kernels before and after it.
#include <string>

#include "bench/ready_step.h"
#include "bench/suites.h"

namespace minnow {
namespace {

struct Spent {
  double seconds = 0;
  double flops = 0;
};

// On a kernel in one step: over all blocks, the time divided among the threads that shared them.
Spent spent_on(const Kernel& kernel, const KernelTrace& trace) {
  Spent spent;
  for (const KernelSpan& span : trace) {
    if (span.kernel != &kernel) continue;
    spent.seconds += std::chrono::duration<double>(span.end - span.begin).count() / span.threads;
    spent.flops += kernel.flops;
  }
  return spent;
}

void run_kernel(benchmark::State& state, const StepCase& one, size_t index) {
  const Result<ReadyStep*> ready = make_ready(one);
  if (!ready) return skip(state, ready.error());
  const Kernel& kernel = (*ready)->executable->kernels()[index];
  KernelTrace trace;
  (*ready)->executable->record_kernels(&trace);
  for (auto _ : state) {
    trace.clear();
    if (const Status status = (*ready)->run(); !status) return skip(state, status.error());
    state.SetIterationTime(spent_on(kernel, trace).seconds);
  }
  (*ready)->executable->record_kernels(nullptr);
  report_flops(state, spent_on(kernel, trace).flops, one.threads);
}

}  // namespace

void register_model_kernels() {
  constexpr int64_t kBatch = 64;
  constexpr int64_t kSteps = 200;  // however short the kernel
  for (const std::string model : {"softmax-regression", "mlp-256", "lenet", "lenet-relu"}) {
    for (const bool fuse : {true, false}) {
      const StepCase one{model, ModelFunction::kTrainStep, kBatch, Backend::kJit, fuse};
      const Result<ReadyStep*> ready = make_ready(one);  // which says what kernels there are
      if (!ready) continue;
      for (size_t i = 0; i < (*ready)->executable->kernels().size(); ++i) {
        const std::string name = "model_kernel/" + one.name() + "/" + (*ready)->executable->kernels()[i].name;
        benchmark::RegisterBenchmark(name.c_str(), run_kernel, one, i)
            ->Unit(benchmark::kMicrosecond)
            ->UseManualTime()
            ->Iterations(kSteps);
      }
    }
  }
}

}  // namespace minnow

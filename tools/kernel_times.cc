#include "tools/kernel_times.h"

#include <algorithm>

namespace minnow {

Result<std::vector<KernelTrace>> trace_steps(MeasuredFunction& function, int repeats) {
  constexpr int kWarmUp = 3;
  for (int i = 0; i < kWarmUp; ++i) MINNOW_TRY(function.run());
  std::vector<KernelTrace> steps(static_cast<size_t>(repeats));
  for (KernelTrace& step : steps) {
    step.reserve(function.executable().kernels().size());
    function.executable().record_kernels(&step);
    MINNOW_TRY(function.run());
  }
  function.executable().record_kernels(nullptr);
  return steps;
}

// A kernel may run several times a step, once per block of examples, with several threads at it.
Profile summarize(std::span<const Kernel> kernels, const std::vector<KernelTrace>& steps, double peak) {
  std::vector<std::vector<double>> seconds(kernels.size(), std::vector<double>(steps.size()));
  Profile profile;
  profile.peak = peak;
  for (const Kernel& kernel : kernels) profile.rows.push_back({&kernel});
  for (size_t step = 0; step < steps.size(); ++step) {
    for (const KernelSpan& span : steps[step]) {
      const auto i = static_cast<size_t>(span.kernel - kernels.data());
      seconds[i][step] += std::chrono::duration<double>(span.end - span.begin).count() / span.threads;
      if (step > 0) continue;
      profile.rows[i].flops += span.kernel->flops;
      profile.rows[i].bytes += span.kernel->bytes;
    }
  }
  for (size_t i = 0; i < kernels.size(); ++i) {
    KernelRow& row = profile.rows[i];
    row.seconds = std::max(quartiles(std::move(seconds[i])).median, 1e-9);  // the clock has a grain
    profile.step_seconds += row.seconds;
    profile.step_flops += row.flops;
  }
  return profile;
}

}  // namespace minnow

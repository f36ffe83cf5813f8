#include "tools/kernel_times.h"

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

Profile summarize(std::span<const Kernel> kernels, const std::vector<KernelTrace>& steps, double peak) {
  Profile profile;
  profile.peak = peak;
  const std::vector<double> seconds = kernel_seconds(kernels, steps);
  for (size_t i = 0; i < kernels.size(); ++i) profile.rows.push_back({&kernels[i], seconds[i]});
  for (const KernelSpan& span : steps.front()) {
    KernelRow& row = profile.rows[static_cast<size_t>(span.kernel - kernels.data())];
    row.flops += span.kernel->flops;
    row.bytes += span.kernel->bytes;
  }
  for (const KernelRow& row : profile.rows) {
    profile.step_seconds += row.seconds;
    profile.step_flops += row.flops;
  }
  return profile;
}

}  // namespace minnow

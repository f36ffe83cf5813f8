#include "runtime/kernel_seconds.h"

#include <algorithm>
#include <chrono>

namespace minnow {

Quartiles quartiles(std::vector<double> samples) {
  std::ranges::sort(samples);
  const auto at = [&](size_t quarter) { return samples[(samples.size() - 1) * quarter / 4]; };
  return {at(1), at(2), at(3)};
}

std::vector<double> kernel_seconds(std::span<const Kernel> kernels, std::span<const KernelTrace> runs) {
  constexpr double kClockGrain = 1e-9;
  std::vector<std::vector<double>> samples(kernels.size(), std::vector<double>(runs.size()));
  for (size_t run = 0; run < runs.size(); ++run)
    for (const KernelSpan& span : runs[run]) {
      if (span.kernel == nullptr) continue;
      samples[static_cast<size_t>(span.kernel - kernels.data())][run] +=
          std::chrono::duration<double>(span.end - span.begin).count() / span.threads;
    }
  std::vector<double> medians;
  for (auto& kernel : samples) medians.push_back(std::max(quartiles(std::move(kernel)).median, kClockGrain));
  return medians;
}

}  // namespace minnow

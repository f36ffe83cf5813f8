#include "tools/report/kernel_times.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/flops.h"

namespace minnow {

Result<std::vector<KernelTrace>> trace_steps(MeasuredFunction& function, int repeats) {
  constexpr int kWarmUp = 3;
  const int warm_up = std::max(kWarmUp, function.executable().warm_up_runs());
  for (int i = 0; i < warm_up; ++i) MINNOW_TRY(function.run());
  std::vector<KernelTrace> steps(static_cast<size_t>(repeats));
  for (KernelTrace& step : steps) {
    step.reserve(function.executable().kernels().size());
    function.executable().record_kernels(&step);
    MINNOW_TRY(function.run());
  }
  function.executable().record_kernels(nullptr);
  return steps;
}

Profile summarize(std::span<const Kernel> kernels, const std::vector<KernelTrace>& steps) {
  Profile profile;
  const std::vector<double> seconds = kernel_seconds(kernels, steps);
  for (size_t i = 0; i < kernels.size(); ++i) profile.rows.push_back({&kernels[i], seconds[i]});
  for (const KernelSpan& span : steps.front()) {
    if (span.kernel == nullptr) continue;
    KernelRow& row = profile.rows[static_cast<size_t>(span.kernel - kernels.data())];
    row.flops += span.kernel->flops;
    row.bytes += span.kernel->bytes;
  }
  // What stays from the runs before is no part of these steps.
  std::erase_if(profile.rows, [](const KernelRow& row) { return row.kernel->is_kept && row.bytes == 0; });
  for (const KernelRow& row : profile.rows) {
    profile.step_seconds += row.seconds;
    profile.step_flops += row.flops;
  }
  return profile;
}

Status measure_peak(Profile& profile, ThreadPool& pool, const std::string& cpu) {
  double fastest = profile.step_flops / profile.step_seconds;
  for (const KernelRow& row : profile.rows) fastest = std::max(fastest, row.flops_per_second());
  MINNOW_ASSIGN(profile.peak, measure_peak_flops(pool, fastest, cpu));
  return {};
}

bool passes_peak(const Profile& profile) {
  return std::ranges::any_of(
      profile.rows, [&](const KernelRow& row) { return is_beyond_peak(row.flops_per_second() / profile.peak); });
}

std::vector<KernelRow> slowest_first(const Profile& profile) {
  std::vector<KernelRow> rows = profile.rows;
  std::ranges::stable_sort(rows, std::ranges::greater(), &KernelRow::seconds);
  return rows;
}

const std::vector<std::string>& kernel_columns() {
  static const std::vector<std::string> kColumns = {"layer", "phase", "ops",     "time",    "share",
                                                    "MFLOP", "KiB",   "GFLOP/s", "of peak", "GB/s"};
  return kColumns;
}

std::vector<std::string> kernel_cells(const KernelRow& row, const Profile& profile) {
  return {row.kernel->layer,
          std::string(phase_name(row.kernel->phase)),
          row.kernel->op,
          format_step_time(row.seconds),
          fmt::format("{:.1f}%", 100 * row.seconds / profile.step_seconds),
          fmt::format("{:.3f}", row.flops / 1e6),
          fmt::format("{:.1f}", row.bytes / 1024),
          fmt::format("{:.2f}", row.flops_per_second() / 1e9),
          fmt::format("{:.1f}%", 100 * row.flops_per_second() / profile.peak),
          fmt::format("{:.2f}", row.bytes_per_second() / 1e9)};
}

}  // namespace minnow

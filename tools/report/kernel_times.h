// What a step spends on each of its kernels.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/report/measure.h"

namespace minnow {

struct KernelRow {
  const Kernel* kernel;
  double seconds = 0;  // median over the steps
  double flops = 0, bytes = 0;

  double flops_per_second() const { return flops / seconds; }
  double bytes_per_second() const { return bytes / seconds; }
};

struct Profile {
  std::vector<KernelRow> rows;  // in the order of execution
  double peak = 0;              // FLOP/s; 0 if not measured
  double step_seconds = 0, step_flops = 0;
};

// The traces of `repeats` steps, after some that warm up.
Result<std::vector<KernelTrace>> trace_steps(MeasuredFunction& function, int repeats);
Profile summarize(std::span<const Kernel> kernels, const std::vector<KernelTrace>& steps);
// Of the machine, now, or of code for `cpu` on it; again and again while a kernel is faster.
Status measure_peak(Profile& profile, ThreadPool& pool, const std::string& cpu);
// Whether a kernel is said to be faster than the machine: see kBeyondPeak.
bool passes_peak(const Profile& profile);

std::vector<KernelRow> slowest_first(const Profile& profile);

// The profile as a table, for text and for HTML: the names of the columns, and a kernel's cells.
const std::vector<std::string>& kernel_columns();
std::vector<std::string> kernel_cells(const KernelRow& row, const Profile& profile);

}  // namespace minnow

// Seconds, and what measured runs say: quartiles of samples, and the time of each kernel.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "runtime/executable.h"

namespace minnow {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Quartiles {
  double low = 0, median = 0, high = 0;
};
// Of at least one sample.
Quartiles quartiles(std::vector<double> samples);

// The median over the traced runs of what a run spends on each kernel, in seconds, above 0. A kernel may run several
// times in a run, once per block of examples, with several threads at it.
std::vector<double> kernel_seconds(std::span<const Kernel> kernels, std::span<const KernelTrace> runs);

}  // namespace minnow

#include "bench/suites.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "runtime/flops.h"

namespace minnow {
namespace {

// Measured when first asked for, so that listing and filtering cost nothing.
Result<double> peak_flops(int threads) {
  static std::map<int, double> peaks;
  if (const auto found = peaks.find(threads); found != peaks.end()) return found->second;
  ThreadPool pool(threads);
  MINNOW_ASSIGN(const double peak, measure_peak_flops(pool));
  return peaks[threads] = peak;
}

}  // namespace

std::vector<std::string> shipped_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MINNOW_MODELS_DIR))
    if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

Result<LoadedModel> read_shipped(const std::string& name, int64_t batch_size) {
  const std::vector<std::string> assignments = {"training.batch_size=" + std::to_string(batch_size)};
  return read_experiment(MINNOW_MODELS_DIR "/" + name + ".textproto", assignments);
}

void measure_on(benchmark::internal::Benchmark& benchmark, int threads) {
  if (threads > 1) benchmark.UseRealTime();
}

void report_flops(benchmark::State& state, double flops, int threads) {
  const Result<double> peak = peak_flops(threads);
  if (!peak) return skip(state, peak.error());
  // Shown as "FLOP=56.6G/s peak_share=0.48/s": the library puts "/s" behind every rate.
  state.counters["FLOP"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["peak_share"] = benchmark::Counter(flops / *peak, benchmark::Counter::kIsIterationInvariantRate);
}

void skip(benchmark::State& state, const Error& error) { state.SkipWithError(error.to_string().c_str()); }

}  // namespace minnow

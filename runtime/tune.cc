#include "runtime/tune.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "runtime/kernel_seconds.h"
#include "runtime/random_batch.h"

namespace minnow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kWorthIt = 0.97;     // of the time before: less is noise
constexpr double kRate = 1e-3;        // learning rate: run after run must not diverge
constexpr double kMostSeconds = 1.5;  // for all runs of a comparison, about
constexpr size_t kFewestRuns = 5, kMostRuns = 200;

// A way of compiling the function, and how long its runs took.
struct Contender {
  std::vector<RegisterTiles> tiles = {};  // of each kernel; empty: the target's for all
  std::unique_ptr<Executable> executable = {};
  std::vector<KernelTrace> traces = {};
  std::vector<double> samples = {};  // seconds per run

  double median() const { return quartiles(samples).median; }
};

class Tuner {
 public:
  Tuner(const Function& function, const MemoryPlan& plan, ThreadPool& pool, const CompileOptions& options)
      : function_(function), plan_(plan), pool_(pool), options_(options) {
    options_.cache_folder.clear();
    for (const auto& parameter : function.parameters()) values_.push_back(random_argument(*parameter, kRate));
    for (Tensor& value : values_) arguments_.push_back(&value);
  }

  // The best tiles of each kernel; `report` tells the rest.
  Result<std::vector<RegisterTiles>> search(TuneReport& report) {
    MINNOW_ASSIGN(const Target target, host_target(options_.cpu));
    std::vector<Contender> contenders;
    for (const RegisterTiles& tiles : tile_candidates(target)) {
      const bool is_first = contenders.empty();
      MINNOW_TRY(add(contenders, is_first ? std::vector<RegisterTiles>{} : std::vector(report.kernels, tiles)));
      if (is_first) report.kernels = contenders.front().executable->kernels().size();
    }
    MINNOW_TRY(compare(contenders, true));
    std::vector<Contender> finalists;
    MINNOW_TRY(add(finalists, choose(contenders, target.tiles)));
    finalists.insert(finalists.begin(), std::move(contenders.front()));
    contenders.clear();
    MINNOW_TRY(compare(finalists, false));
    report.seconds_before = finalists[0].median();
    report.seconds_after = finalists[1].median();
    if (report.seconds_after > report.seconds_before) {
      report.seconds_after = report.seconds_before;
      return finalists[0].tiles;
    }
    report.changed = static_cast<size_t>(
        std::ranges::count_if(finalists[1].tiles, [&](const RegisterTiles& tiles) { return tiles != target.tiles; }));
    return finalists[1].tiles;
  }

 private:
  Status add(std::vector<Contender>& contenders, std::vector<RegisterTiles> tiles) {
    CompileOptions options = options_;
    options.tiles = tiles;
    MINNOW_ASSIGN(auto compiled, compile(function_, plan_, options));
    contenders.push_back({std::move(tiles), make_executable(function_.clone(), std::move(compiled), pool_)});
    return {};
  }

  // Contenders take turns, so that what else the machine does falls on all of them.
  Status compare(std::vector<Contender>& contenders, bool by_kernel) {
    const auto start = Clock::now();
    for (Contender& contender : contenders) {
      contender.samples.clear();
      contender.executable->record_kernels(nullptr);
      MINNOW_TRY(contender.executable->run(arguments_));
    }
    const double round = std::max(seconds_since(start), 1e-6);
    const auto runs = static_cast<size_t>(
        std::clamp(kMostSeconds / round, static_cast<double>(kFewestRuns), static_cast<double>(kMostRuns)));
    for (size_t i = 0; i < runs; ++i)
      for (Contender& contender : contenders) MINNOW_TRY(sample(contender, by_kernel));
    return {};
  }

  // The first of two runs brings the code and the memory near.
  Status sample(Contender& contender, bool by_kernel) {
    MINNOW_TRY(check_interrupt(options_.interrupt));
    contender.executable->record_kernels(nullptr);
    MINNOW_TRY(contender.executable->run(arguments_));
    if (by_kernel) contender.executable->record_kernels(&contender.traces.emplace_back());
    const auto start = Clock::now();
    MINNOW_TRY(contender.executable->run(arguments_));
    contender.samples.push_back(seconds_since(start));
    return {};
  }

  // For each kernel the tiles of the contender that ran it fastest; the first contender's unless that is worth it.
  static std::vector<RegisterTiles> choose(const std::vector<Contender>& contenders, const RegisterTiles& first) {
    const auto seconds_of = [](const Contender& contender) {
      return kernel_seconds(contender.executable->kernels(), contender.traces);
    };
    std::vector<double> least = seconds_of(contenders.front());
    for (double& seconds : least) seconds *= kWorthIt;
    std::vector<RegisterTiles> best(least.size(), first);
    for (const Contender& contender : std::span(contenders).subspan(1)) {
      const std::vector<double> seconds = seconds_of(contender);
      for (size_t i = 0; i < seconds.size(); ++i) {
        if (seconds[i] >= least[i]) continue;
        least[i] = seconds[i];
        best[i] = contender.tiles[i];
      }
    }
    return best;
  }

  const Function& function_;
  const MemoryPlan& plan_;
  ThreadPool& pool_;
  CompileOptions options_;
  std::vector<Tensor> values_;
  std::vector<Tensor*> arguments_;
};

}  // namespace

Result<std::unique_ptr<CompiledFunction>> compile_tuned(const Function& function, const MemoryPlan& plan,
                                                        ThreadPool& pool, CompileOptions options,
                                                        const std::function<void(const TuneReport&)>& on_tuned) {
  options.is_tuned = true;
  MINNOW_ASSIGN(auto found, find_compiled(function, plan, options));
  if (found) return found;
  const auto start = Clock::now();
  TuneReport report;
  report.function = function.name();
  Tuner tuner(function, plan, pool, options);
  MINNOW_ASSIGN(options.tiles, tuner.search(report));
  report.search_seconds = seconds_since(start);
  if (on_tuned) on_tuned(report);
  return compile(function, plan, options);
}

}  // namespace minnow

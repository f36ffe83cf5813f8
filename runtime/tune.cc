#include "runtime/tune.h"

#include <fmt/format.h>

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
  std::vector<ScheduleOptions> schedules = {};  // of each kernel; empty: the target's for all
  std::unique_ptr<Executable> executable = {};
  std::vector<KernelTrace> traces = {};
  std::vector<double> samples = {};  // seconds per run

  double median() const { return quartiles(samples).median; }
  bool is_divided_like(const Contender& other) const {
    return std::ranges::equal(executable->kernels(), other.executable->kernels(), {}, &Kernel::schedule,
                              &Kernel::schedule);
  }
};

// What the search has found of each kernel: how it is best divided, and how much faster it is so.
struct Found {
  std::vector<ScheduleOptions> schedules;
  std::vector<double> gains;

  std::vector<std::string> notes(const ScheduleOptions& first) const {
    std::vector<std::string> texts;
    for (size_t i = 0; i < schedules.size(); ++i)
      texts.push_back(schedules[i] == first ? "" : fmt::format("; found by tuning, {:.2f}x as fast", gains[i]));
    return texts;
  }
};

using Change = std::function<void(ScheduleOptions&)>;

// The search goes through these one after the other, each from the best so far: register tiles, another axis in the
// lanes, and blocks for another part of the cache.
std::vector<std::vector<Change>> rounds_for(const Target& target) {
  std::vector<Change> tiles, blocks;
  for (const RegisterTiles& other : other_tiles(target))
    tiles.emplace_back([other](ScheduleOptions& schedule) { schedule.tiles = other; });
  const Change axis = [](ScheduleOptions& schedule) { schedule.alternative = 1 - schedule.alternative; };
  for (const double part : {0.25, 0.5, 2.0, 4.0})
    blocks.emplace_back([part](ScheduleOptions& schedule) {
      schedule.cache_bytes = static_cast<int64_t>(static_cast<double>(schedule.cache_bytes) * part);
    });
  return {tiles, {axis}, blocks};
}

class Tuner {
 public:
  Tuner(const Function& function, const MemoryPlan& plan, ThreadPool& pool, const CompileOptions& options)
      : function_(function), plan_(plan), pool_(pool), options_(options) {
    options_.cache_folder.clear();
    for (const auto& parameter : function.parameters()) values_.push_back(random_argument(*parameter, kRate));
    for (Tensor& value : values_) arguments_.push_back(&value);
  }

  // The best schedule of each kernel, for the options to compile with; `report` tells the rest.
  Status search(TuneReport& report, CompileOptions& options) {
    MINNOW_ASSIGN(const Target target, host_target(options_.cpu));
    MINNOW_ASSIGN(Contender first, make_contender({}));
    report.kernels = first.executable->kernels().size();
    Found best{std::vector(report.kernels, target.schedule), std::vector(report.kernels, 1.0)};
    for (const std::vector<Change>& round : rounds_for(target)) MINNOW_TRY(improve(best, round));
    std::vector<Contender> finalists;
    finalists.push_back(std::move(first));
    MINNOW_ASSIGN(Contender last, make_contender(best.schedules));
    finalists.push_back(std::move(last));
    MINNOW_TRY(compare(finalists, false));
    report.seconds_before = finalists[0].median();
    report.seconds_after = std::min(finalists[1].median(), report.seconds_before);
    if (finalists[1].median() > report.seconds_before) return {};
    report.changed = static_cast<size_t>(std::ranges::count_if(
        best.schedules, [&](const ScheduleOptions& schedule) { return schedule != target.schedule; }));
    options.notes = best.notes(target.schedule);
    options.schedules = std::move(best.schedules);
    return {};
  }

 private:
  Result<Contender> make_contender(std::vector<ScheduleOptions> schedules) {
    CompileOptions options = options_;
    options.schedules = schedules;
    MINNOW_ASSIGN(auto compiled, compile(function_, plan_, options));
    Contender contender;
    contender.schedules = std::move(schedules);
    contender.executable = make_executable(function_.clone(), std::move(compiled), pool_, {.chooses_threads = false});
    return contender;
  }

  // The best so far against each change of all its kernels, of which every kernel takes its own.
  Status improve(Found& best, const std::vector<Change>& round) {
    std::vector<Contender> contenders;
    MINNOW_ASSIGN(Contender champion, make_contender(best.schedules));
    contenders.push_back(std::move(champion));
    for (const Change& change : round) {
      std::vector<ScheduleOptions> changed = best.schedules;
      std::ranges::for_each(changed, change);
      MINNOW_ASSIGN(Contender contender, make_contender(std::move(changed)));
      if (!contender.is_divided_like(contenders.front())) contenders.push_back(std::move(contender));
    }
    if (contenders.size() == 1) return {};
    MINNOW_TRY(compare(contenders, true));
    choose(contenders, best);
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

  // For each kernel the schedule of the contender that ran it fastest; the first contender's unless that is worth it,
  // or if both divide it alike.
  static void choose(const std::vector<Contender>& contenders, Found& best) {
    const auto seconds_of = [](const Contender& contender) {
      return kernel_seconds(contender.executable->kernels(), contender.traces);
    };
    const std::vector<double> before = seconds_of(contenders.front());
    std::vector<double> least = before;
    for (double& seconds : least) seconds *= kWorthIt;
    for (const Contender& contender : std::span(contenders).subspan(1)) {
      const std::vector<double> seconds = seconds_of(contender);
      for (size_t i = 0; i < seconds.size(); ++i) {
        const auto schedule_of = [i](const Contender& c) { return c.executable->kernels()[i].schedule; };
        if (seconds[i] >= least[i] || schedule_of(contender) == schedule_of(contenders.front())) continue;
        least[i] = seconds[i];
        best.schedules[i] = contender.schedules[i];
      }
    }
    for (size_t i = 0; i < before.size(); ++i)
      if (least[i] < before[i] * kWorthIt) best.gains[i] *= before[i] / least[i];
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
  MINNOW_TRY(tuner.search(report, options));
  report.search_seconds = seconds_since(start);
  if (on_tuned) on_tuned(report);
  return compile(function, plan, options);
}

}  // namespace minnow

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/cluster/agreement.h"
#include "runtime/flops.h"
#include "runtime/train/rank_start.h"
#include "tools/bench_on_request.h"
#include "tools/command.h"
#include "tools/flags/ranks.h"
#include "tools/report/measure.h"

namespace minnow {
namespace {

struct BenchFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string function;
  int repeats = 20;
  bool skip_interpreter = false;
  bool json = false;
  bool on_request = false;
};

// One way of running the function, and how long a step of it took.
struct Contender {
  Backend backend = Backend::kJit;
  bool fuse = true;
  int threads = 1;
  int ranks = 1;
  std::optional<MeasuredFunction> function = {};
  int64_t steps_per_sample = 1;
  std::vector<double> samples = {};  // seconds per step

  bool interprets() const { return backend == Backend::kInterpreter; }
  std::string name() const {
    if (interprets()) return "interpreted";
    const std::string of_ranks = ranks > 1 ? fmt::format("{} ranks of ", ranks) : "";
    return fmt::format("compiled{}, {}{} thread{}", fuse ? "" : " unfused", of_ranks, threads, threads == 1 ? "" : "s");
  }
};

// What a table row or JSON object says.
struct Row {
  Quartiles seconds;
  double flops_per_second = 0;
  double share_of_peak = 0;
  double build_seconds = 0;
  std::optional<double> speedup = {};    // over the interpreter
  std::optional<int64_t> pays_off = {};  // the step at which compiling has paid for itself
};

// Ranks have the same contenders, each in a run of all of them.
Result<std::vector<Contender>> choose_contenders(const BenchFlags& flags) {
  int most = flags.backend.thread_count(), ranks = 1;
  if (Communicator* together = this_communicator()) {
    MINNOW_ASSIGN(const int64_t most_of_all, together->max(most));
    most = static_cast<int>(most_of_all);
    ranks = together->size();
  }
  std::vector<Contender> contenders;
  if (!flags.skip_interpreter && ranks == 1) contenders.push_back({Backend::kInterpreter});
  contenders.push_back({Backend::kJit, false, 1, ranks});
  contenders.push_back({Backend::kJit, true, 1, ranks});
  if (most > 1) contenders.push_back({Backend::kJit, true, most, ranks});
  return contenders;
}

// Builds and warms up; a sample becomes long enough for the clock.
Status prepare(Contender& contender, const Subject& subject, const BenchFlags& flags) {
  constexpr double kSampleSeconds = 2e-3;
  constexpr double kMostSteps = 1000;
  MINNOW_ASSIGN(SessionOptions options, flags.backend.session_options_of_ranks());
  options.backend = contender.backend;
  options.fuse = contender.fuse;
  if (!options.code.tune) options.code.cache_folder.clear();  // the time it takes to compile is one of the results
  MINNOW_ASSIGN(contender.function, subject.prepare(options, contender.threads));
  if (contender.interprets()) return {};
  const int warm_up = std::max(1, contender.function->executable().warm_up_runs());
  for (int i = 0; i < warm_up; ++i) MINNOW_TRY(contender.function->run());
  const auto start = std::chrono::steady_clock::now();
  MINNOW_TRY(contender.function->run());
  const double steps = std::ceil(kSampleSeconds / std::max(seconds_since(start), 1e-9));
  contender.steps_per_sample = static_cast<int64_t>(std::clamp(steps, 1.0, kMostSteps));
  if (Communicator* ranks = this_communicator()) {
    MINNOW_ASSIGN(contender.steps_per_sample, ranks->max(contender.steps_per_sample));
  }
  return {};
}

Status take_sample(Contender& contender) {
  if (!contender.interprets()) MINNOW_TRY(contender.function->run());  // caches are the others' by now
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < contender.steps_per_sample; ++i) MINNOW_TRY(contender.function->run());
  contender.samples.push_back(seconds_since(start) / static_cast<double>(contender.steps_per_sample));
  return {};
}

// Contenders take turns, so that whatever else the machine does falls on all of them. The interpreter, slow as it is,
// has only a few.
Status measure(std::vector<Contender>& contenders, int repeats) {
  constexpr int kInterpretedSamples = 3;
  const int stride = std::max(1, repeats / kInterpretedSamples);
  for (int i = 0; i < repeats; ++i) {
    for (Contender& contender : contenders) {
      if (contender.interprets() && i % stride != 0) continue;
      MINNOW_TRY(take_sample(contender));
    }
  }
  return {};
}

// Measured before and after the samples, of which the better counts: two threads that share a core for a moment show
// the peak of one.
Status raise_peaks(std::vector<Contender>& contenders, double flops, const std::string& cpu,
                   std::map<int, double>& peaks) {
  for (Contender& contender : contenders) {
    const double rate = contender.samples.empty() ? 0 : flops / quartiles(contender.samples).median;
    double& best = peaks[contender.threads];
    MINNOW_ASSIGN(const double peak, measure_peak_flops(contender.function->pool(), best < rate ? rate : 0, cpu));
    best = std::max(best, peak);
  }
  return {};
}

Row make_row(const Contender& contender, const Contender& first, double flops, double peak) {
  Row row;
  row.seconds = quartiles(contender.samples);
  row.flops_per_second = flops / row.seconds.median;
  row.share_of_peak = row.flops_per_second / peak;
  row.build_seconds = contender.function->build_seconds();
  if (contender.interprets() || !first.interprets()) return row;
  const double interpreted = quartiles(first.samples).median;
  const double saved = interpreted - row.seconds.median;
  row.speedup = interpreted / row.seconds.median;
  const double invested = row.build_seconds - first.function->build_seconds();
  if (saved > 0) row.pays_off = static_cast<int64_t>(std::ceil(std::max(invested / saved, 1.0)));
  return row;
}

void print_header(const Subject& subject, double flops, const std::map<int, double>& peaks) {
  fmt::print("{}: {:.2f} MFLOP a step\n", subject.title(), flops / 1e6);
  for (const auto& [threads, peak] : peaks)
    fmt::print("measured peak on {} thread{}: {:.1f} GFLOP/s\n", threads, threads == 1 ? "" : "s", peak / 1e9);
  fmt::print("\n{:28} {:>10} {:>22} {:>9} {:>8} {:>9} {:>9} {:>10}\n", "", "median", "middle half", "GFLOP/s",
             "of peak", "build", "faster", "pays off");
}

void print_row(const std::string& name, const Row& row) {
  const std::string half = format_step_time(row.seconds.low) + " to " + format_step_time(row.seconds.high);
  fmt::print("{:28} {:>10} {:>22} {:>9.2f} {:>7.1f}% {:>9} {:>9} {:>10}\n", name, format_step_time(row.seconds.median),
             half, row.flops_per_second / 1e9, 100 * row.share_of_peak, format_step_time(row.build_seconds),
             row.speedup ? fmt::format("{:.1f}x", *row.speedup) : "",
             row.pays_off ? fmt::format("step {}", *row.pays_off) : "");
}

nlohmann::ordered_json to_json(const Contender& contender, const Row& row) {
  nlohmann::ordered_json json = {{"backend", contender.interprets() ? "interpreter" : "jit"},
                                 {"fused", !contender.interprets() && contender.fuse},
                                 {"threads", contender.threads},
                                 {"ranks", contender.ranks},
                                 {"samples", contender.samples.size()},
                                 {"median_seconds", row.seconds.median},
                                 {"lower_quartile_seconds", row.seconds.low},
                                 {"upper_quartile_seconds", row.seconds.high},
                                 {"flops_per_second", row.flops_per_second},
                                 {"share_of_peak", row.share_of_peak},
                                 {"build_seconds", row.build_seconds}};
  if (row.speedup) json["speedup"] = *row.speedup;
  if (row.pays_off) json["pays_off_at_step"] = *row.pays_off;
  return json;
}

void print_measurements(const Subject& subject, double flops, const std::map<int, double>& peaks,
                        const nlohmann::ordered_json& rows) {
  nlohmann::ordered_json peak_json = nlohmann::ordered_json::object();
  for (const auto& [threads, peak] : peaks) peak_json[std::to_string(threads)] = peak;
  nlohmann::ordered_json json = {{"model", subject.name()}, {"function", subject.function()}};
  if (const auto batch = subject.batch_size()) json["batch_size"] = *batch;
  json["flops_per_step"] = flops;
  json["peak_flops_per_second_by_threads"] = peak_json;
  json["results"] = rows;
  print_json(json);
}

Result<ExitCode> bench_command(const BenchFlags& flags) {
  Communicator* const ranks = this_communicator();
  if (flags.on_request && ranks) return fail("--on-request", "is of one process");
  MINNOW_ASSIGN(const SessionOptions options, flags.backend.session_options_of_ranks());
  MINNOW_ASSIGN(const Subject subject, agree_on(ranks, Subject::read(flags.model, flags.function, options.max_bytes)));
  if (ranks) MINNOW_TRY(check_ranks_alike(*ranks, {"the functions", subject.title(), ""}, options.code));
  if (flags.on_request) return bench_on_request(subject, flags.backend);
  MINNOW_ASSIGN(std::vector<Contender> contenders, choose_contenders(flags));
  std::map<int, double> peaks;  // by threads
  for (Contender& contender : contenders) MINNOW_TRY(prepare(contender, subject, flags));
  MINNOW_ASSIGN(const double flops, subject.flops());
  MINNOW_TRY(raise_peaks(contenders, flops, flags.backend.cpu, peaks));
  MINNOW_TRY(measure(contenders, flags.repeats));
  MINNOW_TRY(raise_peaks(contenders, flops, flags.backend.cpu, peaks));
  if (!flags.json) print_header(subject, flops, peaks);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool passes_peak = false;
  for (const Contender& contender : contenders) {
    const Row row = make_row(contender, contenders.front(), flops, peaks.at(contender.threads));
    passes_peak = passes_peak || is_beyond_peak(row.share_of_peak);
    if (flags.json) rows.push_back(to_json(contender, row));
    else print_row(contender.name(), row);
  }
  if (flags.json) print_measurements(subject, flops, peaks, rows);
  else if (passes_peak) fmt::print("\n{}\n", kBeyondPeak);
  return ExitCode::kDone;
}

}  // namespace

Action add_bench(CLI::App& app) {
  auto flags = std::make_shared<BenchFlags>();
  flags->model.add(app, ModelFlags::Takes::kModelOrIr);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  add_timeout_flag(app);
  add_function_flag(app, flags->function);
  app.add_option("--repeats", flags->repeats, "samples to take of each")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_flag("--no-interpreter", flags->skip_interpreter, "leave the interpreter out");
  app.add_flag("--json", flags->json, "print JSON");
  app.add_flag(
      "--on-request", flags->on_request,
      "run as many steps as each line of stdin says, and print their seconds; other programs take turns by it");
  app.footer(
      "Steps run on a random batch. FLOPs are those of the function's dots and convolutions, a multiply-add counting "
      "two;\nthe peak is that of independent multiply-adds, measured in this run. 'build' is what stands before the "
      "first step:\nlowering, passes, machine code. 'pays off' is the step after which compiling has cost less time "
      "than interpreting. Taps on a convolution's padding count, though kernels may spare them.");
  return [flags] { return bench_command(*flags); };
}

}  // namespace minnow

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/cluster/agreement.h"
#include "runtime/division/division.h"
#include "runtime/division/held_bytes.h"
#include "runtime/file.h"
#include "runtime/flops.h"
#include "runtime/kernel_seconds.h"
#include "runtime/train/rank_start.h"
#include "tools/command.h"
#include "tools/flags/ranks.h"
#include "tools/report/kernel_times.h"

namespace minnow {
namespace {

using Json = nlohmann::ordered_json;

struct ProfileFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string function;
  std::string sort = "time";
  std::string trace;
  int repeats = 100;
  int ranks = 1;
  bool json = false;
};

constexpr size_t kOpsColumn = 2, kOpsWidth = 34;

std::string shortened(std::string text, size_t width) {
  if (text.size() > width) text = text.substr(0, width - 3) + "...";
  return text;
}

void print_table(const Profile& profile, const std::string& sort) {
  const std::vector<KernelRow> rows = sort == "time" ? slowest_first(profile) : profile.rows;
  std::vector<std::vector<std::string>> table = {kernel_columns()};
  for (const KernelRow& row : rows) table.push_back(kernel_cells(row, profile));
  size_t width = 0;
  for (auto& cells : table) {
    cells[0] = printable(cells[0]);
    width = std::max(width, letter_count(cells[0]));
  }
  for (auto& cells : table) {
    cells[kOpsColumn] = shortened(cells[kOpsColumn], kOpsWidth);
    fmt::print("{:{}} {:9} {:{}} {:>8} {:>6} {:>9} {:>9} {:>8} {:>8} {:>7}\n", cells[0], width, cells[1], cells[2],
               kOpsWidth, cells[3], cells[4], cells[5], cells[6], cells[7], cells[8], cells[9]);
  }
  const double rate = profile.step_flops / profile.step_seconds;
  fmt::print("\n{} kernels, {} a step: {:.2f} MFLOP at {:.1f} GFLOP/s, {:.1f} % of the measured peak of {:.1f}\n",
             rows.size(), format_step_time(profile.step_seconds), profile.step_flops / 1e6, rate / 1e9,
             100 * rate / profile.peak, profile.peak / 1e9);
  if (passes_peak(profile)) fmt::print("{}\n", kBeyondPeak);
}

// What the one of several ranks that receives most would do of it.
void print_division(const Division& division) {
  const DivisionCost& cost = division.cost;
  fmt::print(
      "Among {} ranks, {:.1f} % of it is divided; the one that receives most gets {:.1f} KiB a step and sends {:.1f} KiB, in {} "
      "exchange{}\n",
      division.ranks, 100 * cost.seconds_divided / cost.seconds_alone, static_cast<double>(cost.received) / 1024,
      static_cast<double>(cost.sent) / 1024, cost.exchanges, cost.exchanges == 1 ? "" : "s");
}

// What the rank does in order: ["compute", share of the step in one process], ["begin", exchange, bytes],
// ["wait", exchange].
Json course_of(const Division& division) {
  Json course = Json::array();
  double computed = 0;
  const auto tell_computed = [&] {
    if (computed > 0) course.push_back({"compute", std::exchange(computed, 0) / division.cost.seconds_alone});
  };
  for (const DividedStep& step : division.steps) {
    computed += step.seconds;
    if (step.kind != DividedStep::Kind::kBegin && step.kind != DividedStep::Kind::kWait) continue;
    tell_computed();
    if (step.kind == DividedStep::Kind::kWait) {
      course.push_back({"wait", step.index});
      continue;
    }
    int64_t sent = 0, received = 0;
    for (const auto& message : division.exchanges[step.index].sends) sent += message.bytes;
    for (const auto& message : division.exchanges[step.index].receives) received += message.bytes;
    course.push_back({"begin", step.index, std::max(sent, received)});
  }
  tell_computed();
  return course;
}

Json to_json(const Division& division) {
  const DivisionCost& cost = division.cost;
  return {{"ranks", division.ranks},     {"divided", cost.seconds_divided / cost.seconds_alone},
          {"sent_bytes", cost.sent},     {"received_bytes", cost.received},
          {"exchanges", cost.exchanges}, {"course", course_of(division)}};
}

Json to_json(const Subject& subject, const Profile& profile) {
  Json kernels = Json::array();
  for (const KernelRow& row : profile.rows) {
    kernels.push_back({{"name", row.kernel->name},
                       {"layer", row.kernel->layer},
                       {"phase", phase_name(row.kernel->phase)},
                       {"ops", row.kernel->op},
                       {"median_seconds", row.seconds},
                       {"flops", row.flops},
                       {"bytes", row.bytes},
                       {"schedule", row.kernel->schedule},
                       {"share_of_peak", row.flops_per_second() / profile.peak}});
  }
  Json json = {{"model", subject.name()}, {"function", subject.function()}};
  if (const auto batch = subject.batch_size()) json["batch_size"] = *batch;
  json["peak_flops_per_second"] = profile.peak;
  json["step_seconds"] = profile.step_seconds;
  json["kernels"] = std::move(kernels);
  return json;
}

// Times in microseconds: the "Trace Event Format" of Chrome.
Json to_trace(std::span<const KernelTrace> steps) {
  const auto micros = [](auto duration) { return std::chrono::duration<double, std::micro>(duration).count(); };
  const auto start = steps.front().front().begin;
  Json events = Json::array();
  for (const KernelTrace& step : steps) {
    for (const KernelSpan& span : step) {
      if (span.kernel == nullptr) {
        events.push_back({{"ph", "X"},
                          {"name", "wait for other ranks"},
                          {"cat", "wait"},
                          {"pid", 1},
                          {"tid", 0},
                          {"ts", micros(span.begin - start)},
                          {"dur", micros(span.end - span.begin)},
                          {"args", {{"bytes", span.bytes}}}});
        continue;
      }
      const Kernel& kernel = *span.kernel;
      events.push_back({{"ph", "X"},
                        {"name", kernel.name},
                        {"cat", phase_name(kernel.phase)},
                        {"pid", 1},
                        {"tid", span.thread},
                        {"ts", micros(span.begin - start)},
                        {"dur", micros(span.end - span.begin)},
                        {"args", {{"ops", kernel.op}, {"flops", kernel.flops}, {"bytes", kernel.bytes}}}});
    }
  }
  return {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}};
}

Status write_trace(const std::string& path, std::span<const KernelTrace> steps) {
  constexpr size_t kTracedSteps = 10;  // the last ones
  return write_file_atomically(
      path,
      to_trace(steps.last(std::min(steps.size(), kTracedSteps))).dump(-1, ' ', false, Json::error_handler_t::replace) +
          "\n");
}

// What a rank does of a step, in the medians of its own clock.
struct RankTimes {
  double computing = 0, waiting = 0;  // seconds
  int64_t sent = 0, received = 0, exchanges = 0;
};

RankTimes rank_times(MeasuredFunction& function, const Profile& profile, std::span<const KernelTrace> steps) {
  std::vector<double> waits;
  for (const KernelTrace& step : steps) {
    double seconds = 0;
    for (const KernelSpan& span : step)
      if (span.kernel == nullptr) seconds += std::chrono::duration<double>(span.end - span.begin).count();
    waits.push_back(seconds);
  }
  RankTimes times{profile.step_seconds, quartiles(std::move(waits)).median};
  if (const Division* division = function.executable().division()) {
    times.sent = division->cost.sent;
    times.received = division->cost.received;
    times.exchanges = division->cost.exchanges;
  }
  return times;
}

Result<std::vector<RankTimes>> times_of_all(Communicator& ranks, const RankTimes& mine) {
  MINNOW_ASSIGN(const auto texts, share(ranks, {reinterpret_cast<const char*>(&mine), sizeof(mine)}));
  std::vector<RankTimes> all(texts.size());
  for (size_t r = 0; r < texts.size(); ++r) std::memcpy(&all[r], texts[r].data(), sizeof(RankTimes));
  return all;
}

void print_ranks(const std::vector<RankTimes>& all) {
  fmt::print("\n{:6} {:>10} {:>10} {:>10} {:>12} {:>10}\n", "rank", "computing", "waiting", "KiB sent", "KiB received",
             "exchanges");
  for (size_t r = 0; r < all.size(); ++r)
    fmt::print("{:<6} {:>10} {:>10} {:>10.1f} {:>12.1f} {:>10}\n", r, format_step_time(all[r].computing),
               format_step_time(all[r].waiting), static_cast<double>(all[r].sent) / 1024,
               static_cast<double>(all[r].received) / 1024, all[r].exchanges);
}

Json to_json(const std::vector<RankTimes>& all) {
  Json ranks = Json::array();
  for (const RankTimes& times : all)
    ranks.push_back({{"computing_seconds", times.computing},
                     {"waiting_seconds", times.waiting},
                     {"bytes_sent", times.sent},
                     {"bytes_received", times.received},
                     {"exchanges", times.exchanges}});
  return ranks;
}

Result<ExitCode> profile_command(const ProfileFlags& flags) {
  Communicator* const ranks = this_communicator();
  MINNOW_ASSIGN(const SessionOptions options, flags.backend.session_options_of_ranks());
  MINNOW_ASSIGN(const Subject subject, agree_on(ranks, Subject::read(flags.model, flags.function, options.max_bytes)));
  if (ranks) MINNOW_TRY(check_ranks_alike(*ranks, {"the functions", subject.title(), ""}, options.code));
  MINNOW_ASSIGN(MeasuredFunction function, agree_on(ranks, subject.prepare(options, flags.backend.thread_count())));
  const std::span<const Kernel> kernels = function.executable().kernels();
  if (kernels.empty())
    return tl::unexpected(Error{{},
                                "there are no kernels: neither the interpreter nor a function without ops has any",
                                "profile with --backend=jit",
                                ExitCode::kUsage});
  MINNOW_ASSIGN(const std::vector<KernelTrace> steps, trace_steps(function, flags.repeats));
  Profile profile = summarize(kernels, steps);
  MINNOW_TRY(measure_peak(profile, function.pool(), options.code.cpu));
  std::vector<RankTimes> of_ranks;
  if (ranks) {
    MINNOW_ASSIGN(of_ranks, times_of_all(*ranks, rank_times(function, profile, steps)));
  }
  if (!flags.trace.empty()) MINNOW_TRY(as_leader(ranks, [&] { return write_trace(flags.trace, steps); }));
  const auto division = flags.ranks > 1 ? function.executable().divided_among(flags.ranks) : std::optional<Division>();
  if (flags.json) {
    Json json = to_json(subject, profile);
    if (division) json["division"] = to_json(*division);
    if (ranks) json["ranks"] = to_json(of_ranks);
    print_json(json);
    return ExitCode::kDone;
  }
  fmt::print("{}, {} thread{}{}\n\n", subject.title(), function.pool().threads(),
             function.pool().threads() == 1 ? "" : "s", ranks ? fmt::format(" of rank 0 of {}", ranks->size()) : "");
  print_table(profile, flags.sort);
  if (ranks) print_ranks(of_ranks);
  if (division) print_division(*division);
  return ExitCode::kDone;
}

}  // namespace

Action add_profile(CLI::App& app) {
  auto flags = std::make_shared<ProfileFlags>();
  flags->model.add(app, ModelFlags::Takes::kModelOrIr);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  add_timeout_flag(app);
  add_function_flag(app, flags->function);
  app.add_option("--repeats", flags->repeats, "steps to time; each kernel's median counts")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--ranks", flags->ranks, "say what so many ranks that run it together would exchange")
      ->check(CLI::Range(1, kMostRanks))
      ->capture_default_str();
  app.add_option("--sort", flags->sort, "by time, or in the order of execution")
      ->check(CLI::IsMember({"time", "order"}))
      ->capture_default_str();
  app.add_option("--trace", flags->trace, "write the last steps for chrome://tracing or ui.perfetto.dev")
      ->type_name("FILE");
  app.add_flag("--json", flags->json, "print JSON, in the order of execution");
  app.footer(
      "FLOPs count a multiply-add as two, an elementwise op as one, and taps on a convolution's padding, which kernels "
      "may spare\nand then pass the peak; bytes are what a kernel must read and write at least once. For a view inside a kernel, run any command under perf with MINNOW_PERF set: kernels then go by "
      "name.\n  MINNOW_PERF=1 perf record build/tools/minnow profile MODEL --repeats 2000; perf report");
  return [flags] { return profile_command(*flags); };
}

}  // namespace minnow

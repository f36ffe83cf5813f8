#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tools/command.h"

namespace minnow {
namespace {

using Clock = std::chrono::steady_clock;

struct BenchFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string function = "train_step";
  int repeats = 20;
  bool skip_interpreter = false;
};

struct Timing {
  double first = 0;  // compilation and the first step, seconds
  double median = 0;
  double low = 0, high = 0;
};

Result<Timing> time_function(const LoadedModel& loaded, const SessionOptions& options, ThreadPool& pool,
                             ModelFunction function, int repeats) {
  MINNOW_ASSIGN(const auto session, Session::create(loaded, options, pool));
  TensorType type = session->input_type();
  Tensor examples = Tensor::zeros(type);
  Tensor targets = Tensor::zeros(session->lowered().target);
  const auto start = Clock::now();
  MINNOW_ASSIGN(Executable * executable, session->executable(function, type.dim(0)));
  MINNOW_TRY(session->run(*executable, examples, &targets, 0, 0.01));
  Timing timing{std::chrono::duration<double>(Clock::now() - start).count()};
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    const auto before = Clock::now();
    MINNOW_TRY(session->run(*executable, examples, &targets, i + 1, 0.01));
    seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
  }
  std::ranges::sort(seconds);
  timing.median = seconds[seconds.size() / 2];
  timing.low = seconds.front();
  timing.high = seconds.back();
  return timing;
}

double flops_per_step(const LoweredModel& lowered, int64_t batch, bool trains) {
  double forward = 0;
  for (const LayerRow& row : lowered.layers) forward += row.flops;
  // Each product is met once forward and twice backward, but for the first layer's input.
  const double backward = trains && !lowered.layers.empty() ? 2 * forward : 0;
  return (forward + backward) * static_cast<double>(batch);
}

void print_row(std::string_view name, const Timing& timing, double flops, double baseline) {
  fmt::print("{:24} {:>12.3f} {:>12.3f} {:>12.3f} {:>10.1f} {:>12.1f}", name, 1e3 * timing.median, 1e3 * timing.low,
             1e3 * timing.high, flops / timing.median / 1e9, 1e3 * timing.first);
  if (baseline > 0) fmt::print(" {:>9.1f}x", baseline / timing.median);
  fmt::print("\n");
}

Result<ExitCode> bench_command(const BenchFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  const auto function = flags.function == "infer" ? ModelFunction::kInfer : ModelFunction::kTrainStep;
  const int64_t batch = loaded.model.training().batch_size();
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(loaded, {batch}));
  const double flops = flops_per_step(lowered, batch, function == ModelFunction::kTrainStep);
  fmt::print("{} @{}, batch size {}\n\n{:24} {:>12} {:>12} {:>12} {:>10} {:>12} {:>10}\n", loaded.model.name(),
             flags.function, batch, "", "median ms", "fastest", "slowest", "GFLOP/s", "first ms", "faster");
  double interpreted = 0;
  ThreadPool one(1);
  if (!flags.skip_interpreter) {
    SessionOptions options = flags.backend.session_options();
    options.backend = Backend::kInterpreter;
    MINNOW_ASSIGN(const Timing timing, time_function(loaded, options, one, function, std::min(flags.repeats, 3)));
    interpreted = timing.median;
    print_row("interpreted", timing, flops, 0);
  }
  for (const bool fuse : {false, true}) {
    for (const int threads : {1, flags.backend.thread_count()}) {
      if (threads == 1 || threads != one.threads()) {
        ThreadPool pool(threads);
        SessionOptions options = flags.backend.session_options();
        options.backend = Backend::kJit;
        options.fuse = fuse;
        MINNOW_ASSIGN(const Timing timing, time_function(loaded, options, pool, function, flags.repeats));
        print_row(fmt::format("compiled{}, {} thread{}", fuse ? "" : " unfused", threads, threads == 1 ? "" : "s"),
                  timing, flops, interpreted);
      }
      if (flags.backend.thread_count() == 1) break;
    }
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_bench(CLI::App& app) {
  auto flags = std::make_shared<BenchFlags>();
  flags->model.add(app);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  app.add_option("--function", flags->function, "infer or train_step")
      ->check(CLI::IsMember({"infer", "train_step"}))
      ->capture_default_str();
  app.add_option("--repeats", flags->repeats, "steps to time")->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_flag("--no-interpreter", flags->skip_interpreter, "leave the interpreter out");
  app.footer("'first ms' is compilation and the first step; 'faster' compares with the interpreter.");
  return [flags] { return bench_command(*flags); };
}

}  // namespace minnow

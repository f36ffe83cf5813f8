#include "runtime/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/progress.h"
#include "runtime/run_folder.h"
#include "tools/command.h"
#include "tools/interrupt.h"

namespace minnow {
namespace {

struct SweepFlags {
  ModelFlags model;
  BackendFlags backend;
  DataFlags data;
  std::vector<std::string> grid;
  int jobs = 0;  // 0: as many as there are threads
  std::string out;
  bool resumes = false;
  bool overwrites = false;
  bool json = false;
};

// The runs on stderr: on a terminal a table that redraws itself, otherwise a line per run as it ends.
class LiveTable {
 public:
  explicit LiveTable(const Sweep& sweep) : sweep_(sweep), style_(ProgressStyle::detect(stderr)) {
    for (const SweepRun& run : sweep.runs) width_ = std::max(width_, letter_count(printable(run.name)));
  }

  void show(const SweepRun& changed) {
    if (style_.is_terminal && sweep_.runs.size() <= kMostLines) return redraw();
    if (changed.end == RunEnd::kRunning) return;
    std::fputs((line(changed) + "\n").c_str(), stderr);
  }

 private:
  static constexpr size_t kMostLines = 40;

  std::string line(const SweepRun& run) const {
    std::string text = fmt::format("{:{}}  {:13}", printable(run.name), width_, run_end_name(run.end));
    if (run.history.empty()) return text;
    const EpochMetrics& last = run.history.back();
    text += fmt::format("  epoch {:>3}/{}  val loss {:.4f}", last.epoch, run.model.model.training().epochs(),
                        last.validation_loss);
    if (has_accuracy(run.history)) text += fmt::format("  val acc {:.1f}%", 100 * last.validation_accuracy);
    return text;
  }

  void redraw() {
    std::string text = lines_ > 0 ? fmt::format("\x1b[{}A", lines_) : "";
    for (const SweepRun& run : sweep_.runs)
      text += "\r\x1b[2K" + shortened(line(run), static_cast<size_t>(std::max(style_.columns - 1, 1))) + "\n";
    lines_ = sweep_.runs.size();
    std::fputs(text.c_str(), stderr);
  }

  const Sweep& sweep_;
  ProgressStyle style_;
  size_t width_ = 0;
  size_t lines_ = 0;
};

void print_row(const SweepRun& run, const std::vector<size_t>& widths, bool classifies) {
  for (size_t i = 0; i < widths.size(); ++i) fmt::print("{:>{}}  ", printable(run.values[i]), widths[i]);
  if (run.history.empty()) {
    fmt::print("{:>6}  {:>9}  {:>9}  ", 0, "", "");
    if (classifies) fmt::print("{:>10}  {:>10}  ", "", "");
    fmt::print("{:>7}  {:>8}  ", "", "");
  } else {
    const EpochMetrics& last = run.history.back();
    fmt::print("{:>6}  {:>9.4f}  {:>9.4f}  ", run.history.size(), last.validation_loss,
               run.best_loss()->validation_loss);
    if (classifies)
      fmt::print("{:>8.2f} %  {:>8.2f} %  ", 100 * last.validation_accuracy,
                 100 * run.best_accuracy()->validation_accuracy);
    fmt::print("{:>7}  {:>6.1f} s  ", (classifies ? run.best_accuracy() : run.best_loss())->epoch, run.seconds());
  }
  fmt::print("{}\n", run_end_name(run.end));
}

void print_table(const Sweep& sweep) {
  const bool classifies =
      std::ranges::any_of(sweep.runs, [](const SweepRun& run) { return has_accuracy(run.history); });
  std::vector<size_t> widths;
  for (const SweepAxis& axis : sweep.axes) {
    widths.push_back(letter_count(printable(axis.label)));
    for (const std::string& value : axis.values) widths.back() = std::max(widths.back(), letter_count(printable(value)));
    fmt::print("{:>{}}  ", printable(axis.label), widths.back());
  }
  fmt::print("{:>6}  {:>9}  {:>9}  ", "epochs", "loss", "best");
  if (classifies) fmt::print("{:>10}  {:>10}  ", "accuracy", "best");
  fmt::print("{:>7}  {:>8}  end\n", "to best", "time");
  for (const SweepRun& run : sweep.runs) print_row(run, widths, classifies);
}

nlohmann::ordered_json to_json(const Sweep& sweep, const SweepOutcome& outcome) {
  auto runs = nlohmann::ordered_json::array();
  for (const SweepRun& run : sweep.runs) {
    nlohmann::ordered_json object;
    for (size_t i = 0; i < sweep.axes.size(); ++i) object[sweep.axes[i].label] = run.values[i];
    object["end"] = run_end_name(run.end);
    object["epochs"] = run.history.size();
    if (!run.history.empty()) {
      object["loss"] = run.history.back().validation_loss;
      object["best_loss"] = run.best_loss()->validation_loss;
      object["accuracy"] = run.history.back().validation_accuracy;
      object["best_accuracy"] = run.best_accuracy()->validation_accuracy;
      object["epochs_to_best"] = (has_accuracy(run.history) ? run.best_accuracy() : run.best_loss())->epoch;
    }
    object["seconds"] = run.seconds();
    if (!run.note.empty()) object["note"] = run.note;
    runs.push_back(std::move(object));
  }
  return {{"runs", std::move(runs)}, {"functions_compiled", outcome.functions_compiled}};
}

Result<ExitCode> conclude(const SweepFlags& flags, const Sweep& sweep, const SweepOutcome& outcome) {
  if (flags.json)
    print_json(to_json(sweep, outcome));
  else
    print_table(sweep);
  if (!flags.json && !flags.out.empty()) fmt::print("{0}/curves.svg, {0}/results.csv\n", printable(flags.out));
  if (outcome.is_interrupted) {
    const std::string hint = flags.out.empty() ? "" : "; go on with the same command and --resume";
    std::fputs(("interrupted" + hint + "\n").c_str(), stderr);
    return ExitCode::kInterrupted;
  }
  const auto failed = std::ranges::find(sweep.runs, RunEnd::kFailed, &SweepRun::end);
  if (failed != sweep.runs.end()) return fail(failed->name, "failed: {}", failed->note);
  return ExitCode::kDone;
}

Result<ExitCode> sweep_command(const SweepFlags& flags) {
  if (flags.out.empty() && flags.resumes)
    return tl::unexpected(Error{"--resume", "what?", "name the folder of the sweep with --out", ExitCode::kUsage});
  std::vector<SweepAxis> axes;
  for (const std::string& text : flags.grid) {
    MINNOW_ASSIGN(SweepAxis axis, parse_sweep_axis(text));
    axes.push_back(std::move(axis));
  }
  MINNOW_ASSIGN(Sweep sweep, plan_sweep(flags.model.path, flags.model.assignments, std::move(axes)));
  const int threads = flags.backend.thread_count();
  const int jobs = std::min(flags.jobs == 0 ? threads : flags.jobs, static_cast<int>(sweep.runs.size()));
  LiveTable table(sweep);
  const SweepOptions options{flags.out,
                             flags.resumes,
                             flags.overwrites,
                             jobs,
                             std::max(1, threads / jobs),
                             flags.backend.session_options(),
                             flags.data.data_dir,
                             &watch_for_interrupts(),
                             [&](const SweepRun& run) { table.show(run); }};
  MINNOW_ASSIGN(const SweepOutcome outcome, run_sweep(sweep, options));
  return conclude(flags, sweep, outcome);
}

}  // namespace

Action add_sweep(CLI::App& app) {
  auto flags = std::make_shared<SweepFlags>();
  flags->model.add(app);
  flags->model.add_shorthand(app, "--epochs", "training.epochs", "passes over the training data");
  flags->model.add_shorthand(app, "--seed", "training.seed", "of weights, shuffling and dropout, in every run");
  app.add_option_function<std::vector<std::string>>(
         "--grid",
         [flags](const std::vector<std::string>& given) {
           flags->grid.insert(flags->grid.end(), given.begin(), given.end());
         },
         "a field and its values; of training, or as for --set")
      ->type_name("FIELD=VALUE,...")
      ->required()
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--jobs", flags->jobs, "runs at the same time; 0: one per thread")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--out", flags->out, "the folder to leave runs, results.csv and curves.svg in")->type_name("DIR");
  auto* resume = app.add_flag("--resume", flags->resumes, "skip what is finished in --out");
  app.add_flag("--overwrite", flags->overwrites, "replace an earlier sweep in --out")->excludes(resume);
  flags->backend.add(app);
  flags->data.add(app);
  add_json_flag(app, flags->json);
  return [flags] { return sweep_command(*flags); };
}

}  // namespace minnow

#include "runtime/train/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/train/metrics_csv.h"
#include "tools/command.h"
#include "tools/flags/interrupt.h"
#include "tools/report/live_table.h"

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
      if (run.has_perplexity) {
        object["perplexity"] = run.history.back().validation_perplexity();
        object["best_perplexity"] = run.best_loss()->validation_perplexity();
      }
      object["epochs_to_best"] = run.best()->epoch;
    }
    object["seconds"] = run.seconds();
    if (!run.note.empty()) object["note"] = run.note;
    runs.push_back(std::move(object));
  }
  return {{"runs", std::move(runs)}, {"functions_compiled", outcome.functions_compiled}};
}

Result<ExitCode> conclude(const SweepFlags& flags, const Sweep& sweep, const SweepOutcome& outcome) {
  if (flags.json) print_json(to_json(sweep, outcome));
  else fmt::print("{}", table_text(sweep_table(sweep)));
  if (!flags.json && !flags.out.empty()) fmt::print("{0}/curves.svg, {0}/results.csv\n", printable(flags.out));
  print_notes(outcome.notes);
  if (outcome.is_interrupted) {
    const std::string hint = flags.out.empty() ? "" : "; go on with the same command and --resume";
    std::fputs(("interrupted" + hint + "\n").c_str(), stderr);
    return ExitCode::kInterrupted;
  }
  MINNOW_TRY(first_failure(sweep));
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
  MINNOW_ASSIGN(const std::string model, flags.model.file());
  MINNOW_ASSIGN(Sweep sweep, plan_sweep(model, flags.model.assignments, std::move(axes)));
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

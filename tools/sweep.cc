#include "runtime/train/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/cluster/agreement.h"
#include "runtime/file.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/rank_start.h"
#include "tools/command.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/ranks.h"
#include "tools/report/live_table.h"
#include "tools/slurm_script.h"

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
  bool slurm = false;
  bool only_prints = false;
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
      object["best_loss"] = run.best()->validation_loss;
      object["accuracy"] = run.history.back().validation_accuracy;
      object["best_accuracy"] = run.best()->validation_accuracy;
      if (run.has_perplexity) {
        object["perplexity"] = run.history.back().validation_perplexity();
        object["best_perplexity"] = run.best()->validation_perplexity();
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

// The script, in the folder or on stdout.
Result<ExitCode> write_slurm_job(const SweepFlags& flags, const Sweep& sweep) {
  if (flags.out.empty())
    return tl::unexpected(
        Error{"--slurm", "where do the runs go?", "name a folder that all nodes see with --out", ExitCode::kUsage});
  MINNOW_ASSIGN(const std::string model, flags.model.file());
  const SlurmJob job{
      model,     flags.out, flags.data.data_dir, flags.backend.threads, flags.backend.cpu, flags.model.assignments,
      flags.grid};
  const std::string script = slurm_script(job, sweep);
  if (flags.only_prints) {
    fmt::print("{}", script);
    return ExitCode::kDone;
  }
  const std::string path = flags.out + "/sweep.sbatch";
  MINNOW_TRY(make_folder(flags.out));
  MINNOW_TRY(write_file_atomically(path, script));
  fmt::print("{0}\n  to begin, or to go on after an interruption:  sbatch {0}\n", printable(path));
  return ExitCode::kDone;
}

Result<Sweep> plan(const SweepFlags& flags) {
  if (flags.out.empty() && flags.resumes)
    return tl::unexpected(Error{"--resume", "what?", "name the folder of the sweep with --out", ExitCode::kUsage});
  std::vector<SweepAxis> axes;
  for (const std::string& text : flags.grid) {
    MINNOW_ASSIGN(SweepAxis axis, parse_sweep_axis(text));
    axes.push_back(std::move(axis));
  }
  MINNOW_ASSIGN(const std::string model, flags.model.file());
  return plan_sweep(model, flags.model.assignments, std::move(axes));
}

// Ranks plan the same sweep, each for itself.
Status check_planned_alike(Communicator& ranks, const Sweep& sweep, const CodeOptions& code) {
  std::string all;
  for (const SweepRun& run : sweep.runs) all += run.folder + "\n" + model_to_text(run.model.model);
  return check_ranks_alike(ranks,
                           {"the sweeps", fmt::format("{} runs (hash {})", sweep.runs.size(), hash_text(all)),
                            "every rank must read the same model, with the same --grid and --set"},
                           code);
}

// What the leader alone says and writes; all end as it does.
template <typename Act>
Result<ExitCode> by_leader(Communicator* ranks, const Act& act) {
  MINNOW_ASSIGN(const ExitCode code, agree_on(ranks, is_leader(ranks) ? act() : Result<ExitCode>(ExitCode::kDone)));
  if (!ranks) return code;
  MINNOW_ASSIGN(const int64_t of_leader, ranks->max(static_cast<int64_t>(code)));
  return static_cast<ExitCode>(of_leader);
}

Result<ExitCode> sweep_command(const SweepFlags& flags) {
  Communicator* const ranks = this_communicator();
  MINNOW_ASSIGN(Sweep sweep, agree_on(ranks, plan(flags)));
  if (flags.slurm) return by_leader(ranks, [&] { return write_slurm_job(flags, sweep); });
  if (ranks) MINNOW_TRY(check_planned_alike(*ranks, sweep, flags.backend.session_options().code));
  const int threads = flags.backend.thread_count();
  // A rank trains one run at a time.
  const int wanted = ranks ? 1 : flags.jobs == 0 ? threads : flags.jobs;
  const int jobs = std::min(wanted, static_cast<int>(sweep.runs.size()));
  LiveTable table(sweep);
  SweepOptions options{flags.out,
                       flags.resumes,
                       flags.overwrites,
                       jobs,
                       std::max(1, threads / jobs),
                       flags.backend.session_options(),
                       flags.data.data_dir,
                       &watch_for_interrupts(),
                       [&](const SweepRun& run) { table.show(run); }};
  options.ranks = ranks;
  MINNOW_ASSIGN(const SweepOutcome outcome, run_sweep(sweep, options));
  return by_leader(ranks, [&] { return conclude(flags, sweep, outcome); });
}

}  // namespace

Action add_sweep(CLI::App& app) {
  auto flags = std::make_shared<SweepFlags>();
  flags->model.add(app);
  flags->model.add_shorthand(app, "--epochs", "training.epochs", "passes over the training data");
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step, in every run");
  flags->model.add_shorthand(app, "--lr,--learning-rate", "training.learning_rate", "learning rate, in every run");
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
  add_timeout_flag(app);
  flags->data.add(app);
  auto* slurm =
      app.add_flag("--slurm", flags->slurm, "write a script for Slurm's sbatch, a run per task, in place of training");
  app.add_flag("--dry-run", flags->only_prints, "print that script")->needs(slurm);
  add_json_flag(app, flags->json);
  return [flags] { return sweep_command(*flags); };
}

}  // namespace minnow

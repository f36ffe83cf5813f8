#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "ir/printable.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/experiment_run.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/models_folder.h"

namespace minnow {
namespace {

std::string shipped_folder() { return models_folder() + "/experiments"; }

Result<std::string> find_experiment(const std::string& file) {
  const std::vector<std::string> shipped = shipped_names(shipped_folder());
  if (std::ranges::find(shipped, file) != shipped.end()) return shipped_path(shipped_folder(), file);
  std::error_code error;
  if (std::filesystem::exists(file, error)) return file;
  const std::string nearest = nearest_name(file, shipped);
  return fail_with_hint({}, fmt::format("there is no experiment \"{}\", neither as a file nor as a shipped one", file),
                        nearest.empty() ? fmt::format("all, or one of {}", fmt::join(shipped, ", "))
                                        : fmt::format("did you mean {}?", nearest));
}

Result<ExitCode> list_experiments() {
  ResultTable table{{"name", "experiment"}, {}};
  for (const std::string& name : shipped_names(shipped_folder())) {
    MINNOW_ASSIGN(const LoadedExperiment loaded,
                  load_experiment(shipped_path(shipped_folder(), name), {}, models_folder()));
    table.rows.push_back({name, loaded.experiment.title()});
  }
  fmt::print("{}", table_text(table));
  return ExitCode::kDone;
}

Result<ExitCode> conclude(const ExperimentReport& report, const std::string& folder) {
  fmt::print("{}\n{}/results.md, {} epoch{} trained, {:.1f} s in all\n", report.text(), printable(folder),
             report.epochs(), report.epochs() == 1 ? "" : "s", report.seconds);
  if (report.is_interrupted) {
    std::fputs("interrupted; go on with the same command and --resume\n", stderr);
    return ExitCode::kInterrupted;
  }
  MINNOW_TRY(first_failure(report.sweep));
  return ExitCode::kDone;
}

// Every shipped experiment, each into its own folder, and a table of them all.
Result<ExitCode> run_all(const ExperimentFlags& flags) {
  ResultTable table{{"experiment", "runs", "epochs", "time"}, {}};
  double seconds = 0;
  for (const std::string& name : shipped_names(shipped_folder())) {
    const std::string folder = flags.out + "/" + name;
    MINNOW_ASSIGN(const ExperimentReport report, run_experiment(shipped_path(shipped_folder(), name), flags, folder));
    MINNOW_ASSIGN(const ExitCode code, conclude(report, folder));
    if (code != ExitCode::kDone) return code;
    std::fputs("\n", stdout);
    std::fflush(stdout);
    seconds += report.seconds;
    table.rows.push_back({name, fmt::format("{}", report.sweep.runs.size()), fmt::format("{}", report.epochs()),
                          fmt::format("{:.1f} s", report.seconds)});
  }
  const std::string total = fmt::format("{:.1f} s in all", seconds);
  fmt::print("{}\n{}\n", table_text(table), total);
  MINNOW_TRY(write_file_atomically(flags.out + "/results.md",
                                   fmt::format("# Experiments\n\n{}\n{}.\n", table_markdown(table), total)));
  return ExitCode::kDone;
}

Result<ExitCode> experiment_command(const ExperimentFlags& flags) {
  if (flags.lists) return list_experiments();
  if (flags.file.empty())
    return tl::unexpected(
        Error{{}, "which experiment?", "minnow experiment --list names those that are shipped", ExitCode::kUsage});
  if (flags.out.empty())
    return tl::unexpected(Error{{}, "where to?", "name the folder to leave with --out DIR", ExitCode::kUsage});
  if (flags.file == "all") return run_all(flags);
  MINNOW_ASSIGN(const std::string path, find_experiment(flags.file));
  MINNOW_ASSIGN(const ExperimentReport report, run_experiment(path, flags, flags.out));
  return conclude(report, flags.out);
}

}  // namespace

Action add_experiment(CLI::App& app) {
  auto flags = std::make_shared<ExperimentFlags>();
  app.add_option("experiment", flags->file, "an experiment file, the name of a shipped one, or all")->type_name("FILE");
  add_set_flag(app, flags->assignments);
  flags->backend.add(app);
  flags->data.add(app);
  app.add_option("--jobs", flags->jobs, "runs at the same time; 0: one per thread")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--out", flags->out, "the folder to leave tables and pictures in")->type_name("DIR");
  auto* resume = app.add_flag("--resume", flags->resumes, "skip what is finished in --out");
  app.add_flag("--overwrite", flags->overwrites, "replace an earlier experiment in --out")->excludes(resume);
  app.add_flag("--list", flags->lists, "name the shipped experiments");
  return [flags] { return experiment_command(*flags); };
}

}  // namespace minnow

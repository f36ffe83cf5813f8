#include "tools/experiment_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "ir/printable.h"
#include "runtime/file.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/models_folder.h"
#include "tools/report/live_table.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

class ExperimentRunner {
 public:
  ExperimentRunner(const std::string& path, const ExperimentFlags& flags, const std::string& folder)
      : path_(path), flags_(flags), folder_(folder) {}

  Result<ExperimentReport> run() {
    MINNOW_ASSIGN(experiment_, load_experiment(path_, flags_.assignments, models_folder()));
    report_.title = experiment_.experiment.title();
    if (!flags_.assignments.empty()) report_.title += fmt::format(" ({})", fmt::join(flags_.assignments, ", "));
    report_.sweep = plan_runs(experiment_);
    MINNOW_TRY(check_folder());
    MINNOW_TRY(measure());
    MINNOW_TRY(make_folder(folder_));
    MINNOW_TRY(write_file_atomically(folder_ + "/experiment.textproto", experiment_to_text(experiment_.experiment)));
    for (const DrawnPicture& picture : report_.pictures) MINNOW_TRY(picture.write(folder_));
    MINNOW_TRY(train());
    MINNOW_TRY(draw());
    report_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    MINNOW_TRY(write_file_atomically(folder_ + "/results.md", report_.markdown()));
    return std::move(report_);
  }

 private:
  Status check_folder() const {
    std::error_code error;
    const fs::file_status status = fs::status(folder_, error);
    if (fs::exists(status) && !fs::is_directory(status)) return fail(folder_, "is not a folder");
    MINNOW_ASSIGN(const bool is_used, holds_something(folder_));
    if (!is_used || flags_.resumes || flags_.overwrites) return {};
    return fail_with_hint(folder_, "the folder of the experiment is not empty",
                          "--resume goes on with it, --overwrite replaces it");
  }

  // The pictures that need no runs; their mistakes show before anything is trained or written.
  Status measure() {
    const PictureOptions options{flags_.backend.session_options(), flags_.backend.thread_count()};
    for (int i = 0; i < experiment_.experiment.pictures_size(); ++i) {
      if (shows_runs(experiment_.experiment.pictures(i))) continue;
      MINNOW_ASSIGN(DrawnPicture picture, measure_picture(experiment_, i, options));
      report_.pictures.push_back(std::move(picture));
    }
    return {};
  }

  Status train() {
    if (report_.sweep.runs.empty()) return {};
    const int threads = flags_.backend.thread_count();
    const int jobs = std::min(flags_.jobs == 0 ? threads : flags_.jobs, static_cast<int>(report_.sweep.runs.size()));
    LiveTable table(report_.sweep);
    const SweepOptions options{folder_,
                               flags_.resumes,
                               !flags_.resumes,
                               jobs,
                               std::max(1, threads / jobs),
                               flags_.backend.session_options(),
                               flags_.data.data_dir,
                               &watch_for_interrupts(),
                               [&](const SweepRun& run) { table.show(run); }};
    MINNOW_ASSIGN(const SweepOutcome outcome, run_sweep(report_.sweep, options));
    report_.is_interrupted = outcome.is_interrupted;
    print_notes(outcome.notes);
    return {};
  }

  Status draw() {
    for (int i = 0; i < experiment_.experiment.pictures_size(); ++i) {
      if (!shows_runs(experiment_.experiment.pictures(i))) continue;
      MINNOW_ASSIGN(DrawnPicture picture, draw_runs(experiment_, i, report_.sweep, folder_));
      MINNOW_TRY(picture.write(folder_));
      report_.pictures.push_back(std::move(picture));
    }
    return {};
  }

  const std::string& path_;
  const ExperimentFlags& flags_;
  const std::string& folder_;
  Clock::time_point begin_ = Clock::now();
  LoadedExperiment experiment_;
  ExperimentReport report_;
};

}  // namespace

int64_t ExperimentReport::epochs() const {
  int64_t epochs = 0;
  for (const SweepRun& run : sweep.runs) epochs += static_cast<int64_t>(run.history.size());
  return epochs;
}

std::string ExperimentReport::text() const {
  std::string text = printable(title) + "\n";
  if (!sweep.runs.empty()) text += "\n" + table_text(sweep_table(sweep));
  for (const DrawnPicture& picture : pictures)
    if (picture.table) text += "\n" + printable(picture.stem) + "\n" + table_text(*picture.table);
  return text;
}

std::string ExperimentReport::markdown() const {
  std::string text = fmt::format("# {}\n", markdown_escaped(title));
  if (!sweep.runs.empty()) text += "\n![curves](curves.svg)\n\n" + table_markdown(sweep_table(sweep));
  for (const DrawnPicture& picture : pictures) {
    text += fmt::format("\n![{0}]({0}.svg)\n", picture.stem);
    if (picture.table) text += "\n" + table_markdown(*picture.table);
  }
  return text + fmt::format("\n{:.1f} s in all.\n", seconds);
}

Result<ExperimentReport> run_experiment(const std::string& path, const ExperimentFlags& flags,
                                        const std::string& folder) {
  return ExperimentRunner(path, flags, folder).run();
}

}  // namespace minnow

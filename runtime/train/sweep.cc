#include "runtime/train/sweep.h"

#include <mutex>
#include <thread>

#include "ir/interrupt.h"
#include "runtime/cluster/agreement.h"
#include "runtime/file.h"
#include "runtime/train/folder_lock.h"
#include "runtime/train/run_curves.h"
#include "runtime/train/run_trainer.h"
#include "runtime/train/sweep_ranks.h"

namespace minnow {
namespace {

class SweepRunner {
 public:
  SweepRunner(Sweep& sweep, const SweepOptions& options) : sweep_(sweep), options_(options), trainer_(options) {}

  Result<SweepOutcome> run() {
    MINNOW_TRY(as_leader(options_.ranks, [&] { return prepare_folder(); }));
    if (!is_leader(options_.ranks)) {
      MINNOW_TRY(train_for_leader(*options_.ranks, sweep_, trainer_, options_.interrupt));
      return SweepOutcome{trainer_.functions_compiled(), false, trainer_.notes()};
    }
    std::vector<std::thread> workers;
    const auto jobs = std::min<size_t>(static_cast<size_t>(std::max(options_.jobs, 1)), sweep_.runs.size());
    for (size_t i = 1; i < jobs; ++i) workers.emplace_back([this] { work(); });
    const int ranks = options_.ranks ? options_.ranks->size() : 1;
    for (int rank = 1; rank < ranks; ++rank) workers.emplace_back([this, rank] { work_on(rank); });
    work();
    for (std::thread& worker : workers) worker.join();
    MINNOW_TRY(written_);
    MINNOW_TRY(write_results());
    MINNOW_TRY(reached_);
    return SweepOutcome{trainer_.functions_compiled(), is_interrupted(), trainer_.notes()};
  }

 private:
  bool is_interrupted() const { return stops_ || minnow::is_interrupted(options_.interrupt); }

  Status prepare_folder() {
    if (options_.folder.empty()) return {};
    MINNOW_ASSIGN(const bool is_used, holds_something(options_.folder));
    if (is_used && !options_.resumes && !options_.overwrites)
      return fail_with_hint(options_.folder, "the folder of the sweep is not empty",
                            "--resume goes on with it, --overwrite replaces it");
    MINNOW_TRY(make_folder(options_.folder));
    MINNOW_ASSIGN(lock_, FolderLock::take(options_.folder));
    remove_abandoned_files(options_.folder);
    if (options_.resumes)
      for (SweepRun& run : sweep_.runs) recall(run);
    return {};
  }

  // Takes over what an earlier sweep has finished under the same configuration.
  void recall(SweepRun& run) const {
    if (!trainer_.holds(run)) return;
    const auto curves = read_run(trainer_.path_of(run));
    const std::vector<EpochMetrics> history = curves ? curves->history : std::vector<EpochMetrics>{};
    if (const auto mark = read_file(trainer_.mark_of(run))) {
      run.end = RunEnd::kDiverged;
      run.note = *mark;
    } else if (static_cast<int64_t>(history.size()) >= run.model.model.training().epochs()) {
      run.end = RunEnd::kFinished;
    } else {
      return;
    }
    run.history = history;
    run.has_perplexity = curves && curves->has_perplexity;
  }

  void work() {
    while (SweepRun* run = next()) {
      RunListener listener = listener_of(*run);
      // Another rank may have been told to stop.
      if (options_.ranks) listener.on_step = [this] { stops_ = is_interrupted(); };
      conclude(*run, trainer_.train(*run, options_.ranks ? &stops_ : options_.interrupt, listener));
    }
  }

  // Has another rank train, as long as there is something to do.
  void work_on(int rank) {
    while (SweepRun* run = next()) {
      const auto stops = [this] { return is_interrupted(); };
      auto end = train_on(*options_.ranks, rank, run - sweep_.runs.data(), listener_of(*run), stops);
      if (!end) return give_up(*run, end.error());
      if (*end && **end == RunEnd::kInterrupted) stops_ = true;
      if (!*end && end->error().code == ExitCode::kInterrupted) stops_ = true;
      conclude(*run, *end);
    }
    if (const Status told = tell_no_more(*options_.ranks, rank); !told) give_up(told.error());
  }

  // A rank is gone; what it had in hand is for --resume.
  void give_up(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (reached_) reached_ = tl::unexpected(error);
    stops_ = true;
  }
  void give_up(SweepRun& run, const Error& error) {
    give_up(error);
    const std::lock_guard lock(mutex_);
    run.end = RunEnd::kInterrupted;
  }

  SweepRun* next() {
    const std::lock_guard lock(mutex_);
    if (is_interrupted()) return nullptr;
    // The longest first, so that it is not what the others' cores wait for in the end.
    SweepRun* longest = nullptr;
    for (SweepRun& run : sweep_.runs)
      if (run.end == RunEnd::kWaiting && (!longest || epochs_of(run) > epochs_of(*longest))) longest = &run;
    if (!longest) return nullptr;
    longest->end = RunEnd::kRunning;
    changed(*longest);
    return longest;
  }
  static int64_t epochs_of(const SweepRun& run) { return run.model.model.training().epochs(); }

  RunListener listener_of(SweepRun& run) {
    RunListener listener;
    listener.on_begin = [&](const std::vector<EpochMetrics>& history, bool has_perplexity) {
      const std::lock_guard lock(mutex_);
      run.history = history;
      run.has_perplexity = has_perplexity;
    };
    listener.on_epoch = [&](const EpochMetrics& row) {
      const std::lock_guard lock(mutex_);
      run.history.push_back(row);
      changed(run);
    };
    return listener;
  }

  void conclude(SweepRun& run, const Result<RunEnd>& end) {
    const std::lock_guard lock(mutex_);
    if (end) run.end = *end;
    else end_badly(run, end.error());
    if (written_) written_ = write_results();
    changed(run);
  }

  void end_badly(SweepRun& run, const Error& error) {
    run.end = error.code == ExitCode::kMismatch ? RunEnd::kDiverged : RunEnd::kFailed;
    if (error.code == ExitCode::kInterrupted) {  // before its first step
      run.end = RunEnd::kInterrupted;
      return;
    }
    run.note = error.to_string();
    run.failure = error;
    if (run.end == RunEnd::kDiverged && !options_.folder.empty() && written_)
      written_ = write_file_atomically(trainer_.mark_of(run), run.note + "\n");
  }

  void changed(const SweepRun& run) const {
    if (options_.on_change) options_.on_change(run);
  }

  Status write_results() const {
    if (options_.folder.empty()) return {};
    MINNOW_TRY(write_file_atomically(options_.folder + "/results.csv", sweep_csv(sweep_)));
    std::vector<RunCurves> curves;
    for (const SweepRun& run : sweep_.runs)
      if (!run.history.empty()) curves.push_back({run.name, run.history, run.has_perplexity});
    Chart chart = runs_chart(curves, RunAxis::kEpoch);
    chart.title = sweep_.title;
    return write_drawing(options_.folder + "/curves.svg", draw_chart(chart));
  }

  Sweep& sweep_;
  const SweepOptions& options_;
  std::optional<FolderLock> lock_;
  RunTrainer trainer_;
  std::mutex mutex_;  // of the runs' ends and histories
  Status written_;
  Status reached_;                  // other ranks
  std::atomic<bool> stops_{false};  // or one of them was told to
};

}  // namespace

Result<SweepOutcome> run_sweep(Sweep& sweep, const SweepOptions& options) { return SweepRunner(sweep, options).run(); }

}  // namespace minnow

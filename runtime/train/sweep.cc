#include "runtime/train/sweep.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "frontend/lower/validate_learning.h"
#include "runtime/data/load_data.h"
#include "runtime/file.h"
#include "runtime/train/folder_lock.h"
#include "runtime/train/gradient_log.h"
#include "runtime/train/run_curves.h"
#include "runtime/train/run_folder.h"
#include "runtime/train/trainer.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

// Examples that runs share where they ask for the same.
class DataStore {
 public:
  explicit DataStore(const std::string& data_dir) : data_dir_(data_dir) {}

  Result<const DataSplits*> load(const Session& session, ThreadPool& pool) {
    const Model& model = session.model().model;
    if (!model.has_data())
      return fail_with_hint(session.model().where(""), "the model names no data", "add: data { builtin: GLYPHS }");
    const LoadDataOptions wanted = load_options(session, data_dir_);
    const std::lock_guard lock(mutex_);
    auto& slot = splits_[key_of(wanted) + model.data().SerializeAsString()];
    if (!slot) {
      MINNOW_ASSIGN(DataSplits data, load_data(model.data(), wanted, pool));
      slot = std::make_unique<DataSplits>(std::move(data));
      for (const Dataset* split : {&slot->train, &slot->validation})
        for (const std::string& note : split->notes)
          if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(note);
    }
    MINNOW_TRY(check_data_fits(session, *slot));
    return slot.get();
  }

  // When no thread loads any more.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  // What the data themselves leave open.
  static std::string key_of(const LoadDataOptions& wanted) {
    std::string key = fmt::format("{} {} {} ", wanted.seed, wanted.classes, wanted.is_binary);
    // Batches may differ in size.
    const auto example = [](const TensorType& type) {
      return fmt::format("{} {}", dtype_name(type.dtype), shape_to_string({type.shape.begin() + 1, type.shape.end()}));
    };
    for (const InputInfo& input : wanted.inputs)
      key += fmt::format("{} {} {} ", input.name, example(input.type), input.vocabulary);
    for (const TargetInfo& target : wanted.targets)
      key += fmt::format("{} {} {} {} ", target.name, example(target.type), target.classes,
                         target.ignored ? std::to_string(*target.ignored) : "-");
    return key;
  }

  std::string data_dir_;
  std::mutex mutex_;
  std::vector<std::string> notes_;
  std::map<std::string, std::unique_ptr<DataSplits>> splits_;
};

class SweepRunner {
 public:
  SweepRunner(Sweep& sweep, const SweepOptions& options) : sweep_(sweep), options_(options), data_(options.data_dir) {}

  Result<SweepOutcome> run() {
    MINNOW_TRY(prepare_folder());
    std::vector<std::thread> workers;
    const auto jobs = std::min<size_t>(static_cast<size_t>(std::max(options_.jobs, 1)), sweep_.runs.size());
    for (size_t i = 1; i < jobs; ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
    if (!written_) return tl::unexpected(written_.error());
    MINNOW_TRY(write_results());
    return SweepOutcome{code_.size(), is_interrupted(), data_.notes()};
  }

 private:
  bool is_interrupted() const { return options_.interrupt && options_.interrupt->load(std::memory_order_relaxed); }
  std::string path_of(const SweepRun& run) const { return options_.folder + "/" + run.folder; }
  std::string mark_of(const SweepRun& run) const { return path_of(run) + "/diverged.txt"; }

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

  // Whether the folder holds this run, the gradients that are wanted of it included.
  bool holds(const SweepRun& run) const {
    const auto config = read_file(path_of(run) + "/config.textproto");
    if (!config || *config != model_to_text(run.model.model)) return false;
    const std::string log = path_of(run) + "/gradients.csv";
    const auto gradients = run.logs_gradients ? read_file(log) : Result<std::string>();
    return !run.logs_gradients || (gradients && parse_gradients_csv(*gradients, log));
  }

  // Takes over what an earlier sweep has finished under the same configuration.
  void recall(SweepRun& run) const {
    if (!holds(run)) return;
    const auto curves = read_run(path_of(run));
    const std::vector<EpochMetrics> history = curves ? curves->history : std::vector<EpochMetrics>{};
    if (const auto mark = read_file(mark_of(run))) {
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
      const Status status = train_run(*run);
      const std::lock_guard lock(mutex_);
      if (!status) end_badly(*run, status.error());
      if (written_) written_ = write_results();
      changed(*run);
    }
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

  Status train_run(SweepRun& run) {
    ThreadPool pool(std::max(options_.threads, 1));
    SessionOptions session_options = options_.session;
    session_options.code.store = &code_;
    MINNOW_ASSIGN(const auto session, Session::create(run.model, session_options, pool));
    MINNOW_TRY(validate_learning(session->model(), session->lowered()));
    MINNOW_ASSIGN(const DataSplits* data, data_.load(*session, pool));
    TrainingState state;
    std::optional<RunFolder> folder;
    if (!options_.folder.empty()) {
      MINNOW_ASSIGN(folder, open_folder(run, *session, state));
    } else {
      MINNOW_TRY(begin(*session));
    }
    {
      const std::lock_guard lock(mutex_);
      run.history = state.history;
      run.has_perplexity = session->lowered().has_perplexity;
    }
    std::optional<GradientLog> gradients;
    Status logged;
    if (run.logs_gradients && folder) {
      MINNOW_ASSIGN(gradients, GradientLog::open(*session, data->train, session_options, pool, path_of(run), state));
    }
    TrainerOptions options{folder ? &*folder : nullptr, options_.interrupt};
    options.on_epoch = [&](const EpochMetrics& row) {
      if (gradients && logged) logged = gradients->add(row.epoch, run.name);
      const std::lock_guard lock(mutex_);
      run.history.push_back(row);
      changed(run);
    };
    MINNOW_ASSIGN(const TrainingOutcome outcome, train(*session, *data, options, std::move(state)));
    MINNOW_TRY(logged);
    const std::lock_guard lock(mutex_);
    run.end = outcome.end == TrainingEnd::kStoppedEarly  ? RunEnd::kStoppedEarly
              : outcome.end == TrainingEnd::kInterrupted ? RunEnd::kInterrupted
                                                         : RunEnd::kFinished;
    return {};
  }

  static Status begin(Session& session) {
    MINNOW_ASSIGN(const auto first, load_first_weights(session));
    return first ? first->status : Status{};
  }

  // The run's folder; `state` is where an interrupted run stood.
  Result<RunFolder> open_folder(const SweepRun& run, Session& session, TrainingState& state) const {
    if (options_.resumes && holds(run)) {
      if (auto folder = RunFolder::open(path_of(run))) {
        if (const auto checkpoint = folder->checkpoint_path()) {
          MINNOW_ASSIGN(state, load_checkpoint(*checkpoint, session));
        } else {
          MINNOW_TRY(begin(session));
        }
        return folder;
      }
    }
    MINNOW_TRY(begin(session));
    std::error_code error;
    for (const std::string& stale : {mark_of(run), path_of(run) + "/metrics.csv"}) fs::remove(stale, error);
    return RunFolder::create(path_of(run), run.model, options_.resumes || options_.overwrites);
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
      written_ = write_file_atomically(mark_of(run), run.note + "\n");
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
  CodeStore code_;
  DataStore data_;
  std::mutex mutex_;  // of the runs' ends and histories
  Status written_;
};

}  // namespace

Result<SweepOutcome> run_sweep(Sweep& sweep, const SweepOptions& options) { return SweepRunner(sweep, options).run(); }

}  // namespace minnow

#include "runtime/train/run_trainer.h"

#include <algorithm>
#include <filesystem>

#include "frontend/lower/validate_learning.h"
#include "runtime/file.h"
#include "runtime/train/gradient_log.h"
#include "runtime/train/trainer.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

// What the data themselves leave open.
std::string key_of(const LoadDataOptions& wanted) {
  std::string key = fmt::format("{} {} {} {} ", wanted.seed, wanted.classes, wanted.is_binary, wanted.places.beside);
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

Status begin(Session& session) {
  MINNOW_ASSIGN(const auto first, load_first_weights(session));
  return first ? first->status : Status{};
}

RunEnd end_of(TrainingEnd end) {
  if (end == TrainingEnd::kStoppedEarly) return RunEnd::kStoppedEarly;
  return end == TrainingEnd::kInterrupted ? RunEnd::kInterrupted : RunEnd::kFinished;
}

}  // namespace

Result<const DataSplits*> DataStore::load(const Session& session, ThreadPool& pool) {
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

bool RunTrainer::holds(const SweepRun& run) const {
  if (!is_configuration_of(RunFolder::at(path_of(run)).config_path(), run.model)) return false;
  const std::string log = path_of(run) + "/gradients.csv";
  const auto gradients = run.logs_gradients ? read_file(log) : Result<std::string>();
  return !run.logs_gradients || (gradients && parse_gradients_csv(*gradients, log));
}

std::vector<std::string> RunTrainer::data_folders(const SweepRun& run) const {
  return folders_found(run.model.model.data(), places_of(run.model, options_.data_dir));
}

// The run's folder; `state` is where an interrupted run stood.
Result<RunFolder> RunTrainer::open_folder(const SweepRun& run, Session& session, TrainingState& state) const {
  if (options_.resumes && holds(run)) {
    if (auto folder = RunFolder::open(path_of(run), data_folders(run))) {
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
  return RunFolder::create(path_of(run), run.model, options_.resumes || options_.overwrites, data_folders(run));
}

Result<RunEnd> RunTrainer::train(const SweepRun& run, InterruptFlag interrupt, const RunListener& listener) {
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
  listener.on_begin(state.history, session->lowered().has_perplexity);
  std::optional<GradientLog> gradients;
  Status logged;
  if (run.logs_gradients && folder) {
    MINNOW_ASSIGN(gradients, GradientLog::open(*session, data->train, session_options, pool, path_of(run), state));
  }
  TrainerOptions options{folder ? &*folder : nullptr, interrupt};
  options.on_epoch = [&](const EpochMetrics& row) {
    if (gradients && logged) logged = gradients->add(row.epoch, run.name);
    listener.on_epoch(row);
  };
  if (listener.on_step) options.on_step = [&](const StepMetrics&) { listener.on_step(); };
  MINNOW_ASSIGN(const TrainingOutcome outcome, minnow::train(*session, *data, options, std::move(state)));
  MINNOW_TRY(logged);
  return end_of(outcome.end);
}

}  // namespace minnow

#include "tools/report/run_record.h"

#include <algorithm>
#include <filesystem>

#include "runtime/file.h"
#include "runtime/safetensors.h"
#include "runtime/train/early_stopping.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/run_curves.h"
#include "runtime/train/run_folder.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool holds_a_run(const std::string& folder) {
  return is_file(folder + "/config.textproto") || is_file(folder + "/metrics.csv");
}

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    if (it->is_directory(error)) names.push_back(it->path().filename().string());
  std::ranges::sort(names);
  return names;
}

Error no_such_run(const std::string& path) {
  const fs::path place = fs::path(path).lexically_normal();
  const fs::path named = place.has_filename() ? place : place.parent_path();
  const std::string folder = named.has_parent_path() ? named.parent_path().string() : ".";
  const std::string nearest = nearest_name(named.filename().string(), folders_in(folder));
  const std::string hint = nearest.empty() ? "minnow train --out leaves one"
                                           : fmt::format("did you mean {}?", (named.parent_path() / nearest).string());
  return {path, "there is no such run folder", hint};
}

Error no_run_in(const std::string& path) {
  for (const std::string& name : folders_in(path))
    if (holds_a_run(path + "/" + name))
      return {path, "is no run folder, but holds some", fmt::format("minnow report {}/*/", path)};
  return {path, "is no run folder: there is no config.textproto in it", "minnow train --out leaves one"};
}

Result<LoweredModel> lower(const Result<LoadedModel>& model) {
  if (!model) return tl::unexpected(model.error());
  return lower_model(*model, {model->model.training().batch_size()});
}

Result<std::vector<EpochMetrics>> read_history(const RunFolder& folder) {
  if (!is_file(folder.metrics_path())) return std::vector<EpochMetrics>{};
  MINNOW_ASSIGN(RunCurves curves, read_run(folder.path()));
  return std::move(curves.history);
}

// A file of weights that is whole.
Result<std::string> find_weights(const RunFolder& folder) {
  const auto path = folder.result_path();
  if (!path) return fail(folder.path(), "no weights were saved");
  MINNOW_TRY(read_safetensors(*path));
  return *path;
}

void tell_state(RunRecord& run, const RunFolder& folder) {
  const auto set = [&](RunState state, std::string note) { run.state = state, run.note = std::move(note); };
  if (!run.model) return set(RunState::kDamaged, "damaged: " + run.model.error().to_string());
  if (!run.lowered) return set(RunState::kDamaged, "damaged: " + run.lowered.error().to_string());
  if (!run.history) return set(RunState::kDamaged, "damaged: " + run.history.error().to_string());
  if (const auto why = read_file(folder.diverged_path())) return set(RunState::kDiverged, "diverged: " + *why);
  if (!run.weights && folder.checkpoint_path())
    return set(RunState::kDamaged, "damaged: " + run.weights.error().to_string());
  const auto& training = run.model->model.training();
  const auto done = static_cast<int64_t>(run.history->size());
  if (done == 0) return set(RunState::kNotBegun, "no epoch is done yet");
  if (done >= training.epochs())
    return set(RunState::kFinished, fmt::format("finished: {} epoch{}", done, done == 1 ? "" : "s"));
  if (has_stopped_improving(training, tells_by_accuracy(training, *run.lowered), *run.history))
    return set(RunState::kStoppedEarly, fmt::format("stopped early: {} of {} epochs", done, training.epochs()));
  set(RunState::kUnfinished, fmt::format("unfinished: {} of {} epochs; go on with: minnow train --resume {}", done,
                                         training.epochs(), run.path));
}

}  // namespace

const EpochMetrics* RunRecord::last() const { return history && !history->empty() ? &history->back() : nullptr; }

const EpochMetrics* RunRecord::best() const {
  if (last() == nullptr) return nullptr;
  // Without its model the network is known by its numbers only.
  const spec::Training training = model ? model->model.training() : spec::Training();
  const bool by_accuracy = lowered ? tells_by_accuracy(training, *lowered) : has_accuracy(*history);
  return best_row(training, by_accuracy, *history);
}

double RunRecord::seconds() const {
  double sum = 0;
  for (const EpochMetrics& row : history.value_or(std::vector<EpochMetrics>{})) sum += row.seconds;
  return sum;
}

Result<RunRecord> read_run_record(const std::string& path) {
  std::error_code error;
  if (is_file(path)) return fail_with_hint(path, "is a file", "give the folder that train --out left");
  if (!fs::is_directory(path, error)) return tl::unexpected(no_such_run(path));
  if (!holds_a_run(path)) return tl::unexpected(no_run_in(path));
  const RunFolder folder = RunFolder::at(path);
  RunRecord run;
  run.path = path;
  run.name = last_name(path);
  run.model = read_experiment(folder.config_path());
  run.lowered = lower(run.model);
  run.history = read_history(folder);
  run.weights = find_weights(folder);
  tell_state(run, folder);
  return run;
}

}  // namespace minnow

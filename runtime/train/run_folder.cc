#include "runtime/train/run_folder.h"

#include <filesystem>
#include <functional>

#include "runtime/file.h"
#include "runtime/plot/chart.h"
#include "runtime/tensorboard/event_file.h"
#include "runtime/train/metrics_csv.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

template <typename Measure>
Series series_of(std::string name, const std::vector<EpochMetrics>& history, Measure measure, int colour, bool dashed) {
  Series series{std::move(name), {}, dashed, colour};
  for (const EpochMetrics& row : history)
    series.points.push_back({static_cast<double>(row.epoch), std::invoke(measure, row)});
  return series;
}

template <typename Measure>
Panel panel_of(std::string name, const std::vector<EpochMetrics>& history, Measure train, Measure validation) {
  return {std::move(name),
          {series_of("train", history, train, 0, false), series_of("validation", history, validation, 1, true)}};
}

Chart training_chart(const std::vector<EpochMetrics>& history, const std::string& title, const MetricColumns& columns) {
  Chart chart{title, "epoch", true, {}, 720, 300};
  chart.panels.push_back(panel_of("loss", history, &EpochMetrics::train_loss, &EpochMetrics::validation_loss));
  if (columns.perplexity)
    chart.panels.push_back(
        panel_of("perplexity", history, &EpochMetrics::train_perplexity, &EpochMetrics::validation_perplexity));
  if (!columns.accuracy) return chart;
  chart.panels.push_back(
      panel_of("accuracy", history, &EpochMetrics::train_accuracy, &EpochMetrics::validation_accuracy));
  chart.panels.back().is_percentage = true;
  return chart;
}

std::optional<std::string> first_file(std::initializer_list<std::string> paths) {
  std::error_code error;
  for (const std::string& path : paths)
    if (fs::is_regular_file(path, error)) return path;
  return std::nullopt;
}

}  // namespace

Result<RunFolder> RunFolder::create(const std::string& path, const LoadedModel& model, bool overwrite,
                                    std::vector<std::string> data_folders) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_directory(status)) return fail(path, "is not a folder");
  MINNOW_TRY(make_folder(path));
  MINNOW_ASSIGN(FolderLock lock, FolderLock::take(path));
  remove_abandoned_files(path);
  MINNOW_ASSIGN(const bool is_used, holds_something(path));
  RunFolder folder(path, std::move(lock), std::move(data_folders));
  if (is_used && !overwrite && !fs::exists(folder.config_path(), error))
    return fail_with_hint(path, "the folder is not empty, and what is in it is no run", "name another with --out");
  if (is_used && !overwrite)
    return fail_with_hint(path, "the run folder is not empty",
                          "--resume " + path + " goes on with it, --overwrite replaces it");
  for (const std::string& stale : folder.files_of_a_run()) {
    fs::remove(stale, error);
    if (error) return fail(stale, "cannot remove what an earlier run left: {}", error.message());
  }
  MINNOW_TRY(folder.write_config(model));
  return folder;
}

std::vector<std::string> RunFolder::files_of_a_run() const {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error))
    if (is_event_file(it->path().filename().string())) files.push_back(it->path().string());
  files.insert(files.end(), {gradients_path(), path_ + "/gradients.svg", diverged_path(), metrics_path(), curves_path(),
                             best_path(), config_path(), weights_path()});
  return files;
}

Result<RunFolder> RunFolder::open(const std::string& path, std::vector<std::string> data_folders) {
  MINNOW_ASSIGN(FolderLock lock, FolderLock::take(path));
  RunFolder folder(path, std::move(lock), std::move(data_folders));
  std::error_code error;
  const bool is_new = fs::is_regular_file(folder.config_path(), error) && !fs::exists(folder.metrics_path(), error);
  if (!folder.checkpoint_path() && !is_new)
    return fail_with_hint(path, "there is no run to go on with: no weights.safetensors in it",
                          "give the folder that an earlier --out named");
  remove_abandoned_files(path);
  fs::remove(folder.diverged_path(), error);
  return folder;
}

std::optional<std::string> RunFolder::checkpoint_path() const { return first_file({weights_path(), best_path()}); }

std::optional<std::string> RunFolder::result_path() const { return first_file({best_path(), weights_path()}); }

Status RunFolder::write_config(const LoadedModel& model) const {
  if (data_folders_.empty()) return write_file_atomically(config_path(), model_to_text(model.model));
  Model written = model.model;
  written.mutable_data()->mutable_folders()->Assign(data_folders_.begin(), data_folders_.end());
  return write_file_atomically(config_path(), model_to_text(written));
}

bool is_configuration_of(const std::string& path, const LoadedModel& model) {
  const auto text_without_folders = [](Model without) {
    if (without.has_data()) without.mutable_data()->clear_folders();
    return model_to_text(without);
  };
  const auto config = load_model(path);
  return config && text_without_folders(config->model) == text_without_folders(model.model);
}

Status RunFolder::write_metrics(const std::vector<EpochMetrics>& history, const std::string& title,
                                const MetricColumns& columns) const {
  MINNOW_TRY(write_file_atomically(metrics_path(), metrics_csv(history, columns)));
  return write_file_atomically(curves_path(), to_svg(draw_chart(training_chart(history, title, columns))));
}

}  // namespace minnow

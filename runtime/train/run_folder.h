// What a training run leaves behind: config.textproto, metrics.csv, weights.safetensors (last),
// best.safetensors and curves.svg in one folder, which no second run has meanwhile. Every file is replaced atomically.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/train/checkpoint.h"
#include "runtime/train/folder_lock.h"
#include "runtime/train/metrics_csv.h"

namespace minnow {

class RunFolder {
 public:
  // Makes the folder, which must be empty or absent unless `overwrite`, and writes the configuration into it. What is
  // replaced goes in such an order that, after a kill at any moment, open() finds the old run, the new one or neither.
  // The configuration names the folders in which the files of its data lie, so that it may be read from anywhere.
  static Result<RunFolder> create(const std::string& path, const LoadedModel& model, bool overwrite,
                                  std::vector<std::string> data_folders = {});
  // An existing run to go on with. One that was killed before its first checkpoint has a configuration only.
  static Result<RunFolder> open(const std::string& path, std::vector<std::string> data_folders = {});

  // Whatever is there, only to be read: others may be at work in it.
  static RunFolder at(const std::string& path) { return {path, std::nullopt, {}}; }

  const std::string& path() const { return path_; }
  std::string config_path() const { return path_ + "/config.textproto"; }
  std::string weights_path() const { return path_ + "/weights.safetensors"; }
  std::string best_path() const { return path_ + "/best.safetensors"; }
  std::string metrics_path() const { return path_ + "/metrics.csv"; }
  std::string curves_path() const { return path_ + "/curves.svg"; }
  std::string gradients_path() const { return path_ + "/gradients.csv"; }
  std::string diverged_path() const { return path_ + "/diverged.txt"; }  // says why, if it has
  // What to go on from: the last weights; the best, where a kill in the first epoch left those only; none before.
  std::optional<std::string> checkpoint_path() const;
  // What the run has come to: the best weights, else the last; none before.
  std::optional<std::string> result_path() const;

  // The model as it is trained, overrides and defaults included.
  Status write_config(const LoadedModel& model) const;
  // metrics.csv and curves.svg from the history.
  Status write_metrics(const std::vector<EpochMetrics>& history, const std::string& title,
                       const MetricColumns& columns) const;

 private:
  RunFolder(std::string path, std::optional<FolderLock> lock, std::vector<std::string> data_folders)
      : path_(std::move(path)), lock_(std::move(lock)), data_folders_(std::move(data_folders)) {}
  // All that a run may leave, in the order in which to remove it.
  std::vector<std::string> files_of_a_run() const;
  std::string path_;
  std::optional<FolderLock> lock_;  // of a run that trains
  std::vector<std::string> data_folders_;
};

// Whether a configuration is that of the model, wherever the files of its data lie.
bool is_configuration_of(const std::string& path, const LoadedModel& model);

}  // namespace minnow

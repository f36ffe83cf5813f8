// What a training run leaves behind: config.textproto, metrics.csv, weights.safetensors (last),
// best.safetensors and curves.svg in one folder. Every file is replaced atomically.
#pragma once

#include <string>
#include <vector>

#include "runtime/checkpoint.h"

namespace minnow {

class RunFolder {
 public:
  // Makes the folder, which must be empty or absent unless `overwrite`, and writes the configuration into it.
  static Result<RunFolder> create(const std::string& path, const LoadedModel& model, bool overwrite);
  // An existing run to go on with.
  static Result<RunFolder> open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string config_path() const { return path_ + "/config.textproto"; }
  std::string weights_path() const { return path_ + "/weights.safetensors"; }
  std::string best_path() const { return path_ + "/best.safetensors"; }

  // The model as it is trained, overrides and defaults included.
  Status write_config(const LoadedModel& model) const;
  // metrics.csv and curves.svg from the history.
  Status write_metrics(const std::vector<EpochMetrics>& history, const std::string& title,
                       bool classifies) const;

 private:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

std::string metrics_csv(const std::vector<EpochMetrics>& history);

}  // namespace minnow

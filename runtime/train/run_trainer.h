// Trains the runs of a sweep, one or several at a time, with data and compiled code that they share.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/data/load_data.h"
#include "runtime/train/run_folder.h"
#include "runtime/train/sweep.h"

namespace minnow {

// Examples that runs share where they ask for the same.
class DataStore {
 public:
  explicit DataStore(const std::string& data_dir) : data_dir_(data_dir) {}

  Result<const DataSplits*> load(const Session& session, ThreadPool& pool);
  // When no thread loads any more.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string data_dir_;
  std::mutex mutex_;
  std::vector<std::string> notes_;
  std::map<std::string, std::unique_ptr<DataSplits>> splits_;
};

// What a run says while it trains.
struct RunListener {
  // What it goes on from, and whether its loss has a perplexity.
  std::function<void(const std::vector<EpochMetrics>&, bool)> on_begin;
  std::function<void(const EpochMetrics&)> on_epoch;
  std::function<void()> on_step = {};
};

class RunTrainer {
 public:
  explicit RunTrainer(const SweepOptions& options) : options_(options), data_(options.data_dir) {}

  // How it ended. A run that is interrupted, diverges or fails before its first step is an error.
  Result<RunEnd> train(const SweepRun& run, InterruptFlag interrupt, const RunListener& listener);
  // Whether the sweep's folder holds this run, the gradients that are wanted of it included.
  bool holds(const SweepRun& run) const;
  std::string path_of(const SweepRun& run) const { return options_.folder + "/" + run.folder; }
  std::string mark_of(const SweepRun& run) const { return path_of(run) + "/diverged.txt"; }

  size_t functions_compiled() const { return code_.size(); }
  const std::vector<std::string>& notes() const { return data_.notes(); }

 private:
  std::vector<std::string> data_folders(const SweepRun& run) const;
  Result<RunFolder> open_folder(const SweepRun& run, Session& session, TrainingState& state) const;

  const SweepOptions& options_;
  CodeStore code_;
  DataStore data_;
};

}  // namespace minnow

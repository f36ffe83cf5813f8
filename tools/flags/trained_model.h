// A model with trained weights, as `eval` and `predict` take it: MODEL --weights FILE, or the folder of a run alone, or
// an .onnx file, which has its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/flags/flags.h"

namespace minnow {

struct TrainedModel {
  std::string weights;               // the file
  std::unique_ptr<Session> session;  // for inference, with the weights loaded
  // By number, as the weights know them, or as the data that the model names; else numbers. None for a regression.
  std::vector<std::string> class_names;
  int64_t named_classes = 0;  // how many of these names, the first ones, come with the weights

  // The data of the model; a word on stderr if the classes have other names there. Classes that are but numbers there
  // are called as the weights know them.
  Result<DataSplits> load(const DataFlags& flags, ThreadPool& pool) const;

 private:
  void take_names(Dataset& data) const;
};

class TrainedModelFlags {
 public:
  // Adds the positional MODEL, --set and --weights.
  void add(CLI::App& app);
  Result<TrainedModel> open(const BackendFlags& backend, ThreadPool& pool) const;

 private:
  // The file: that of --weights, else what the run has come to. A run folder is good for either.
  Result<std::string> find_weights() const;

  ModelFlags model_;
  std::string weights_;
};

}  // namespace minnow

// A model with trained weights, as `eval` and `predict` take it: MODEL --weights FILE, or the folder of a run alone, or
// an .onnx file, which has its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/weights/name_table.h"
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

// --names: whose names a file of weights has.
struct NamesFlag {
  std::string text;

  void add(CLI::App& app, const std::string& help);
  std::optional<Naming> names() const;  // nullopt: not said
};

// The file of weights at a place: itself, or, of a run folder, what the run has come to.
Result<std::string> weights_at(const std::string& place);

// The classes by number, as many as the network tells apart: `known` names, else those of the data that the model
// names, else numbers.
std::vector<std::string> names_of_classes(std::vector<std::string> known, const Session& session);

class TrainedModelFlags {
 public:
  // Adds the positional MODEL, --set, --weights and --names.
  void add(CLI::App& app);
  Result<TrainedModel> open(const BackendFlags& backend, ThreadPool& pool) const {
    return open(backend.session_options(), pool);
  }
  Result<TrainedModel> open(SessionOptions options, ThreadPool& pool) const;

 private:
  // The file: that of --weights, else what the run has come to. A run folder is good for either.
  Result<std::string> find_weights() const;

  ModelFlags model_;
  std::string weights_;
  NamesFlag names_;
};

}  // namespace minnow

// What `predict` tells of examples, in full, and as files.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/train/predict.h"
#include "tools/flags/question.h"

namespace minnow {

struct ExampleText {
  int64_t top = 3;        // classes to tell of
  bool has_bars = false;  // behind them
};
// The likeliest classes of each example, or its numbers, under its name and what is right.
void print_examples(const Question& question, const PredictionRows& rows, const ExampleText& text);
nlohmann::ordered_json examples_to_json(const Question& question, const PredictionRows& rows, int64_t top);

// Whether predictions can be written to a file of this name.
bool is_prediction_file(const std::string& path);
// All outputs of each example: as f32 [N,K] to an .npy file, to a .csv file under the classes' names, behind the
// example's own.
Status write_predictions(const std::string& path, const Question& question, const PredictionRows& rows);

}  // namespace minnow

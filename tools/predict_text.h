// What `predict` tells of sequences.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/train/continue_text.h"
#include "runtime/train/predict.h"
#include "tools/flags/question.h"
#include "tools/flags/trained_model.h"

namespace minnow {

// Of each example: what was given, the likeliest token at each position, and what is right.
void print_sequences(const Question& question, const PredictionRows& rows);
nlohmann::ordered_json sequences_to_json(const Question& question, const PredictionRows& rows);

// --text and what belongs to it.
struct TextFlags {
  std::optional<std::string> text;
  ContinueOptions more;

  void add(CLI::App& app);
};

// Prints the text as the network goes on with it.
Result<ExitCode> continue_text(const TextFlags& flags, const TrainedModel& trained, bool json);

}  // namespace minnow

// What `predict` tells of sequences.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/train/predict.h"
#include "tools/flags/question.h"

namespace minnow {

// Of each example: what was given, the likeliest token at each position, and what is right.
void print_sequences(const Question& question, const PredictionRows& rows);
nlohmann::ordered_json sequences_to_json(const Question& question, const PredictionRows& rows);

}  // namespace minnow

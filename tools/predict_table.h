// What `predict` prints of several examples.
#pragma once

#include <string>

#include "runtime/train/predict.h"
#include "tools/flags/question.h"

namespace minnow {

// A line for each: its name, the likeliest class and how likely that is, or the numbers of a regression; and what is
// right, where that is known. `heading` stands above the names.
void print_table(const Question& question, const PredictionRows& rows, const std::string& heading);

}  // namespace minnow

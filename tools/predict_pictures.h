// What `predict` prints of several pictures.
#pragma once

#include "runtime/train/predict.h"
#include "tools/flags/question.h"

namespace minnow {

// A line for each: its name, the likeliest class and how likely that is; of a regression its numbers.
void print_picture_table(const Question& question, const PredictionRows& rows);

}  // namespace minnow

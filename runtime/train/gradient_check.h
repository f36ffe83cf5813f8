// Autodiff held against finite differences, through the interpreter in double precision.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/load/load_model.h"
#include "ir/error.h"

namespace minnow {

// The worst of the checked elements of one weight.
struct GradientRow {
  std::string weight;
  int64_t checked = 0;
  double gradient = 0;    // by autodiff
  double difference = 0;  // by central differences
  double error = 0;       // |gradient - difference| / max(|gradient|, |difference|, floor)
};

// What is heard of a check while it runs; either may be empty.
struct GradientListener {
  std::function<void(const std::string& weight, int64_t checked, int64_t wanted)> on_element;
  std::function<void(const GradientRow&)> on_row;  // when its weight is done
};

// Checks up to `samples` elements of every weight that is not frozen at the model's initial weights, slightly disturbed
// so that no activation sits on a kink, on a random batch of 2. An element whose differences disagree at every step
// size lies on a kink (a maximum changes hands between them) and another one is drawn.
Result<std::vector<GradientRow>> check_gradients(const LoadedModel& model, int64_t samples,
                                                 const GradientListener& listener = {});

}  // namespace minnow

// Which weights training changes, and how fast: `freeze` and `learning_rate_factors`.
#pragma once

#include "frontend/lower/lower_model.h"

namespace minnow {

// Whether a pattern of `freeze` matches the weight or its layer.
bool is_frozen_weight(const spec::Training& training, std::string_view weight, std::string_view layer);

// Notes at each weight what the model says of it. A pattern that matches no weight is an error.
Status choose_trained_weights(const LoadedModel& loaded, std::vector<WeightInfo>& weights);

}  // namespace minnow

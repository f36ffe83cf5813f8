// Networks that compute, but cannot learn what they are trained for: their loss is 0, or their gradient, from the
// start.
#pragma once

#include "frontend/lower/lower_model.h"

namespace minnow {

// For what trains the model; it may still be compiled and looked at. `lowered` comes from it, for its batch size.
Status validate_learning(const LoadedModel& loaded, const LoweredModel& lowered);

// The loss has a softmax or sigmoid of its own, and is given what has gone through one already: it learns, but badly.
bool loss_takes_probabilities_for_logits(const LoadedModel& loaded, const LoweredModel& lowered);

// A batch norm sees one number per channel of an example, so that in a batch of one each is its own mean.
bool normalizes_single_values_over_batch(const LoweredModel& lowered);

}  // namespace minnow

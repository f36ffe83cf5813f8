// How the weights and states of a program begin.
#pragma once

#include "frontend/lower/lower_model.h"

namespace minnow {

// The weights and states among the parameters of @loss, each with what the first matching entry of `network.weights`
// says. A weight belongs to the layer that its name begins with, "fc" of "fc.weight"; one without a dot is its own.
Status find_weights(const LoadedModel& loaded, const Function& loss, LoweredModel* lowered);

}  // namespace minnow

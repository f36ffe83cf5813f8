// How the weights and states of a program begin.
#pragma once

#include <map>

#include "frontend/lower/lower_model.h"

namespace minnow {

// Values of weights and states by name, where a file has them.
using ValuesOfFile = std::map<std::string, std::shared_ptr<const std::vector<float>>>;

// The weights and states among the parameters of @loss, each with what the first matching entry of `network.weights`
// says. A weight belongs to the layer that its name begins with, "fc" of "fc.weight"; one without a dot is its own.
// Where no entry says how they begin, they have the values of the file.
Status find_weights(const LoadedModel& loaded, const Function& loss, LoweredModel* lowered,
                    const ValuesOfFile& from_file = {});

}  // namespace minnow

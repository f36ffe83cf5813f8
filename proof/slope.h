// Gradients of a subject held against the slope of its loss, which no rule of differentiation has a part in.
#pragma once

#include <optional>
#include <string>

#include "proof/subject.h"

namespace minnow::proof {

// Moves all weights at once, in random directions, and compares the change of the result "loss", in double, with what
// the results "gradient.W" say. The complaint if they disagree; nullopt if they agree, or if the loss has a kink there.
Result<std::optional<std::string>> check_slope(const Subject& subject, uint32_t seed);

}  // namespace minnow::proof

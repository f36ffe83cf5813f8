// From any function to one that trains: outputs, gradients and updates by SGD in one, to be compared in one run.
#pragma once

#include <memory>

#include "ir/function.h"
#include "proof/planted_bug.h"

namespace minnow::proof {

// "loss" is the sum of the function's float results, each times a cotangent that is passed as a new parameter
// "cotangent.0" and on, of its type; then follow the function's own results, "gradient.W" and W for every weight W that
// is an f32 and that the loss reaches through differentiable ops only. The other weights become inputs. nullptr if
// there is no such weight, or a name is taken. Results written over a parameter are not allowed.
std::unique_ptr<Function> training_form(const Function& function, const PlantedBug* bug = nullptr);

}  // namespace minnow::proof

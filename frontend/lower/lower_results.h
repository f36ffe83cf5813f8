// What single layers give, for a look at it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/lower/lower_model.h"

namespace minnow {

// Names of all that layers give: "conv1", "memory", "memory.forget_gate", "look.weights".
std::vector<std::string> result_names(const Model& model);

// @result, in inference mode: what `name` stands for, of the parameters of @infer. Expects what read_experiment gives.
// Errors: a program in place of layers; no such result; what lower_model refuses.
Result<std::unique_ptr<Function>> lower_result(const LoadedModel& loaded, const std::string& name,
                                               const LowerOptions& options);

}  // namespace minnow

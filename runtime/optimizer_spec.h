// The optimiser that a model file asks for, in the words of the pass that builds it.
#pragma once

#include "frontend/lower/lower_model.h"
#include "passes/gradient/optimizer.h"

namespace minnow {

OptimizerSpec optimizer_spec(const spec::Training& training, const std::vector<WeightInfo>& weights);

}  // namespace minnow

// `predict --draw`: what a layer makes of one example, as maps of colours.
#pragma once

#include "runtime/plot/heat_map.h"
#include "tools/flags/question.h"

namespace minnow {

// Of the first example of the question. Positions along its tokens have these for labels; of `shown` tokens, if that is
// not 0, the rest is left out. Errors: those of layer_result; a result that is no vector, matrix or several of these.
Result<HeatMaps> maps_of_result(const std::string& name, const TrainedModel& trained, const Question& question,
                                int64_t shown);

}  // namespace minnow

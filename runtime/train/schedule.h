// The learning rate of each step.
#pragma once

#include <cstdint>

#include "frontend/schema/training.pb.h"

namespace minnow {

// For step `step` from 0. Schedules count in epochs: step and exponential change between epochs, cosine and warm-up at
// every step. With warm-up the rate rises linearly from rate/steps to the rate, and the schedule runs from its end.
double learning_rate_at(const spec::Training& training, int64_t step, int64_t steps_per_epoch);

}  // namespace minnow

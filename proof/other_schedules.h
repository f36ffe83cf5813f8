// Kernels divided in other ways than the target's own, which change no bit of what they compute.
#pragma once

#include <vector>

#include "codegen/target/target.h"

namespace minnow::proof {

// Each differs from the target's in one thing: the register tiles, the axis that lanes run along, or the part of the
// cache that blocks are cut for.
std::vector<ScheduleOptions> other_schedules(const Target& target);

}  // namespace minnow::proof

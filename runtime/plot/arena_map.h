// What lies where in the arena, and when.
#pragma once

#include "passes/plan_memory.h"
#include "runtime/plot/drawing.h"

namespace minnow {

// A map of each arena of `function`, its own and then that of every block loop: ops run from left to right, bytes lie
// from top to bottom, a value is a block over its bytes and its life, coloured by phase. An SVG names it under the
// pointer.
Drawing draw_arena_map(const Function& function, const std::string& title);

}  // namespace minnow

// How a pooling or its gradient is divided outside of blocks of examples, where vectors go along pixels.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "codegen/schedule/picking_schedule.h"
#include "codegen/schedule/pooling_schedule.h"

namespace minnow {

using WindowSchedule = std::variant<PoolingSchedule, PickingSchedule>;

// nullopt: it is none, or as fast with vectors along lines.
std::optional<WindowSchedule> choose_window(const Op& op, const Target& target);
std::string text_of(const WindowSchedule& schedule);

}  // namespace minnow

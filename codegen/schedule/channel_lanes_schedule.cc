#include "codegen/schedule/channel_lanes_schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

constexpr int64_t kSpareRegisters = 6;  // for what is multiplied, and the addresses of it in vectors
constexpr int64_t kMostPixels = 16;

}  // namespace

ChannelLanesSchedule::ChannelLanesSchedule(Contraction contraction, const Target& target)
    : whole(std::move(contraction)), phases({whole}), lanes(target.lanes) {
  const size_t group = whole.axes_of(Kind::kBatch)[0];
  lane_axis = whole.axes[group].extent > 1 ? group : whole.axes_of(Kind::kColumn)[0];
  const int64_t registers = target.processor.registers - kSpareRegisters;
  tile = even_tile(pixels(), std::clamp<int64_t>(registers, 1, kMostPixels));
}

int64_t ChannelLanesSchedule::multiply_adds_in_code() const {
  return pixels() * whole.axes[whole.axes_of(Kind::kDepth).back()].extent;
}

std::string ChannelLanesSchedule::text() const {
  return fmt::format("vectors of channels, tile of {} pixels, {} units of work", tile, units());
}

}  // namespace minnow

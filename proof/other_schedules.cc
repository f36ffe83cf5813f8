#include "proof/other_schedules.h"

namespace minnow::proof {

std::vector<ScheduleOptions> other_schedules(const Target& target) {
  std::vector<ScheduleOptions> schedules;
  const auto add = [&](auto change) { change(schedules.emplace_back(target.schedule)); };
  for (const RegisterTiles& tiles : other_tiles(target)) add([&](ScheduleOptions& other) { other.tiles = tiles; });
  add([](ScheduleOptions& other) { other.alternative = 1; });
  for (const int64_t bytes : {int64_t{1} << 12, int64_t{1} << 15, int64_t{1} << 17, int64_t{1} << 23})
    add([&](ScheduleOptions& other) { other.cache_bytes = bytes; });
  return schedules;
}

}  // namespace minnow::proof

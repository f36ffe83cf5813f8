#include "codegen/live_arena.h"

#include <algorithm>

namespace minnow {

LiveArena::LiveArena(const MemoryPlan& plan, size_t ops, std::pair<int64_t, int64_t> reserved)
    : starting_(ops), ended_(ops + 1), held_{reserved} {
  const auto add = [&](const MemoryPlan::Slot& slot) {
    const std::pair bytes(slot.offset, slot.offset + slot.bytes);
    starting_[static_cast<size_t>(slot.first)].push_back(bytes);
    ended_[std::min(static_cast<size_t>(slot.last) + 1, ops)].push_back(bytes);
  };
  for (const auto& [value, slot] : plan.slots) add(slot);
  for (const auto& [loop, planned] : plan.loops) add(planned.slot);
}

void LiveArena::advance() {
  scratch_.clear();
  for (const auto& [begin, end] : ended_[next_]) release(begin, end);
  held_.insert(starting_[next_].begin(), starting_[next_].end());
  ++next_;
}

void LiveArena::release(int64_t begin, int64_t end) {
  const auto [first, last] = held_.equal_range(begin);
  held_.erase(std::find_if(first, last, [&](const auto& bytes) { return bytes.second == end; }));
}

int64_t LiveArena::take(int64_t bytes) {
  Bytes all = held_;
  all.insert(scratch_.begin(), scratch_.end());
  int64_t free_from = 0;
  for (const auto& [begin, end] : all) {
    if (begin - free_from >= bytes) break;
    free_from = std::max(free_from, aligned(end));
  }
  scratch_.emplace(free_from, free_from + bytes);
  return free_from;
}

int64_t LiveArena::end() const {
  int64_t last = 0;
  for (const Bytes* some : {&held_, &scratch_})
    for (const auto& [begin, end] : *some) last = std::max(last, end);
  return aligned(last);
}

}  // namespace minnow

// Where buffers lie in one arena: those whose live ranges overlap get bytes that do not. Greedy, best fit first
// (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020), in several orders of which
// the best is kept.
#pragma once

#include <cstdint>
#include <map>
#include <span>

namespace minnow {

// Bytes that are needed from one position in a program to another, both included.
struct LiveRange {
  int64_t bytes = 0;
  int first = 0, last = 0;
  int64_t offset = 0;  // what lay_out finds

  int64_t end() const { return offset + bytes; }
  bool is_live_with(const LiveRange& other) const { return first <= other.last && other.first <= last; }
};

// Sets the offsets and answers the size of the arena. Ranges come in the order of their first positions, and their
// sizes are multiples of what offsets are aligned to.
int64_t lay_out(std::span<LiveRange> ranges);

// The most that is live at once, from what each position adds to it.
int64_t largest_sum(const std::map<int, int64_t>& changes);

}  // namespace minnow

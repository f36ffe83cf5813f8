// What is published of processors: the schedule asks this table about a machine, and nothing else. It cuts blocks for
// the first two levels of the caches; the third is there for `minnow info` to show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llvm {
class MCSubtargetInfo;
}

namespace minnow {

// Of one core; what several share is divided by their number. 0 bytes: there is none, or it is not known.
struct Cache {
  int64_t bytes = 0;
  int ways = 0;

  bool operator==(const Cache&) const = default;
};

struct Processor {
  std::string_view name = "another processor";
  int lanes = 4;                 // f32 elements in one vector
  int registers = 8;             // of vectors; where there are none, of numbers, divided by the lanes
  double multiply_adds = 1;      // of vectors, begun in a cycle
  int latency = 4;               // cycles from one sum to the next in a chain of multiply-adds
  double loads = 1;              // of vectors, in a cycle
  Cache level1 = {32 << 10, 8};  // of data
  Cache level2 = {256 << 10, 8};
  Cache level3 = {};

  double flops_per_cycle() const { return 2 * multiply_adds * lanes; }
  bool operator==(const Processor&) const = default;
};

// The row of this cpu, if the subtarget has the vectors that the row counts on; else that of its features.
Processor processor_of(const llvm::MCSubtargetInfo& subtarget, std::string_view cpu);

// The same with the sizes of the caches that this machine's first core has. Linux says them in files; where it does
// not, the table's stand.
Processor with_caches_of_this_machine(Processor processor, const std::string& folder = "/sys/devices/system/cpu/cpu0");

}  // namespace minnow

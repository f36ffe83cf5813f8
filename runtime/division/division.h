// How several ranks, which share no memory, run one function together: each has the same code and the same arena, does
// its share of what is worth dividing, and fetches what it needs of the others' shares. What a work unit computes does
// not depend on how units are divided, so that the results are those of one process to the bit.
//
// The plan is a function of the code and of the number of ranks alone: every rank makes it for itself.
#pragma once

#include <string>
#include <vector>

#include "runtime/division/shares.h"

namespace minnow {

struct DivideOptions {
  bool divides_all = false;    // also what does not pay
  bool keeps_foreign = false;  // steps say what the other ranks write
};

// Bytes on their way, of one rank. To a rank or from it they go as one message.
struct Exchange {
  struct Message {
    int peer = 0;
    std::vector<Touch> parts;
    int64_t bytes = 0;
  };
  std::vector<Message> sends, receives;
};

struct DividedStep {
  enum class Kind : uint8_t { kKernel, kLoop, kSequence, kZero, kCopy, kBegin, kWait };
  Kind kind = Kind::kKernel;
  size_t index = 0;            // of kernel, loop, sequence, buffer or exchange
  size_t target = 0;           // buffer that is copied to
  int64_t begin = 0, end = 0;  // units of a kernel, partitions of a loop
  std::vector<BufferSetting> settings = {};
  std::vector<Touch> foreign = {};
  double seconds = 0;  // of the rank's share, roughly
};

// What a run costs, as far as it can be said beforehand.
struct DivisionCost {
  double seconds_alone = 0;    // of all kernels, roughly, in one process
  double seconds_divided = 0;  // of those that are divided
  int64_t sent = 0;            // bytes, of the rank
  int64_t received = 0;
  int64_t exchanges = 0;  // that the rank takes part in
};

struct Division {
  int rank = 0, ranks = 1;
  std::vector<Memory> memories;
  std::vector<DividedStep> steps;
  std::vector<Exchange> exchanges;
  DivisionCost cost;
  std::vector<ByteRanges> reads;  // of each memory, by the rank's share of all steps
  // The same on all ranks if they have planned the same.
  int64_t fingerprint = 0;

  // Nothing of a parameter that is not used.
  ByteRanges reads_of_parameter(int index) const;
};

Division divide(const CompiledFunction& compiled, int rank, int ranks, const DivideOptions& options = {});

// That of the rank which receives most.
Division division_of_busiest(const CompiledFunction& compiled, int ranks);

}  // namespace minnow

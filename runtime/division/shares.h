// What each of several ranks would do of a kernel or a loop, and which bytes it touches then.
#pragma once

#include <optional>
#include <vector>

#include "codegen/machine/compiled_function.h"

namespace minnow {

// Memory that every rank has: the arena, a parameter, a result, or the sums of a block loop, which lie apart from the
// arena here so that they may be on their way while others use that.
struct Memory {
  enum class Kind : uint8_t { kArena, kParameter, kResult, kSums };
  Kind kind = Kind::kArena;
  int index = 0;
  int64_t bytes = 0;
  int buffer = -1;  // of the table, that is all of it; -1: the arena
};

struct Touch {
  size_t memory = 0;
  ByteRanges bytes;
};

// Of one rank: work units of a kernel, partitions of a loop; a sequential loop has none.
struct Share {
  int64_t begin = 0, end = 0;
  std::vector<Touch> reads, writes;
  std::vector<Touch> scratch;  // holds nothing before or afterwards
};

// Where a buffer lies, of which each iteration of a sequential loop has another: so far from the beginning of a memory
// or of a constant.
struct BufferPlace {
  int memory = -1;  // -1: none
  int64_t offset = 0;
  int constant = -1;  // buffer of the table; -1: none
};
struct BufferSetting {
  int buffer = 0;
  BufferPlace place;
};

// What runs in one go.
struct Task {
  // A kernel, a block loop; a sequential loop with all that it holds; a buffer filled with zeros; a buffer copied to
  // another; the end, which does nothing.
  enum class Kind : uint8_t { kKernel, kLoop, kSequence, kZero, kCopy, kEnd };
  Kind kind = Kind::kKernel;
  size_t index = 0;
  size_t target = 0;                    // of a copy
  std::vector<BufferSetting> settings;  // made before
  double seconds = 0;                   // of one rank that does it all, roughly
  bool is_finish = false;               // adds up the sums of a loop
  Share whole;                          // of one that does it all
  std::vector<Share> divided;           // of each rank; empty if it cannot be divided
};

class Shares {
 public:
  Shares(const CompiledFunction& compiled, int ranks);

  const std::vector<Memory>& memories() const { return memories_; }
  // In order; sequential loops iteration by iteration, unless there are very many. The last is a task of kind kEnd,
  // which reads what has to be there after a run.
  std::vector<Task> take_tasks();

 private:
  void place_buffers();
  void add_tasks(size_t first, size_t last, size_t sequence);
  void add_iterations(size_t sequence);
  bool is_worth_unrolling(const SequentialLoop& loop) const;
  void set(int buffer, BufferPlace place);
  void add_memory_task(Task::Kind kind, int index, int target);
  void add(Task task);
  Task kernel_task(size_t index) const;
  Task loop_task(size_t index) const;
  Task sequence_task(size_t index) const;
  Task end_task() const;
  std::optional<Share> kernel_share(const Kernel& kernel, int64_t begin, int64_t end) const;
  Share loop_share(const BlockLoop& loop, int64_t begin, int64_t end) const;
  Touch touch(int buffer, ByteRanges bytes) const;
  Touch whole_of(int buffer) const;
  const Buffer& buffer(int index) const { return compiled_.buffers[static_cast<size_t>(index)]; }
  bool has_memory(int buffer) const { return places_[static_cast<size_t>(buffer)].memory >= 0; }

  const CompiledFunction& compiled_;
  int ranks_;
  std::vector<Memory> memories_;
  std::vector<BufferPlace> places_;  // of each buffer, as the tasks stand
  std::vector<BufferSetting> settings_;
  std::vector<Task> tasks_;
};

// Bytes of both.
ByteRanges common(const ByteRanges& a, const ByteRanges& b);
// Bytes of a that are not b's.
ByteRanges without(const ByteRanges& a, const ByteRanges& b);

}  // namespace minnow

// The bytes of an arena that hold something while one op runs, and those between them, where its scratch may lie.
#pragma once

#include <map>
#include <vector>

#include "passes/plan_memory.h"

namespace minnow {

class LiveArena {
 public:
  // Of a function of so many ops; bytes [reserved.first, reserved.second) hold something throughout.
  LiveArena(const MemoryPlan& plan, size_t ops, std::pair<int64_t, int64_t> reserved);

  // To the next op, the first at first. The scratch of the one before is free again.
  void advance();
  // The lowest gap of so many bytes; answers where it begins, a multiple of kArenaAlignment.
  int64_t take(int64_t bytes);
  // Behind all that holds something now, scratch included.
  int64_t end() const;

 private:
  using Bytes = std::multimap<int64_t, int64_t>;  // end by begin
  void release(int64_t begin, int64_t end);

  std::vector<std::vector<std::pair<int64_t, int64_t>>> starting_, ended_;  // by op
  Bytes held_, scratch_;
  size_t next_ = 0;
};

}  // namespace minnow

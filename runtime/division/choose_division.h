// Which tasks are divided among ranks, and which each of them does in full.
#pragma once

#include "runtime/division/held_bytes.h"
#include "runtime/division/shares.h"

namespace minnow {

class ChooseDivision {
 public:
  ChooseDivision(const std::vector<Task>& tasks, int ranks) : tasks_(tasks), ranks_(ranks) {}

  // Whether to divide task number i, where memory is as `held` says.
  bool is_worth_dividing(size_t i, const std::vector<HeldBytes>& held) const;

 private:
  int64_t fetched_later(size_t i) const;
  int64_t most_fetched(size_t i, size_t reader, const Touch& wanted) const;

  const std::vector<Task>& tasks_;
  int ranks_;
};

}  // namespace minnow

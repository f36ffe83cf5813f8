// Which ranks hold the bytes of a piece of memory that each of them has, as they would be if one process did it all.
#pragma once

#include <cstdint>
#include <map>

#include "codegen/machine/unit_grid.h"

namespace minnow {

using RankSet = uint64_t;  // bit r: rank r
inline constexpr int kMostRanks = 64;
inline RankSet all_ranks(int ranks) { return ranks == kMostRanks ? ~RankSet{0} : (RankSet{1} << ranks) - 1; }

class HeldBytes {
 public:
  struct Stretch {
    RankSet holders = 0;
    RankSet writers = 0;  // those that have computed it, in a step of number `step`
    int step = -1;
    bool operator==(const Stretch&) const = default;
  };

  // Held by all of `ranks`.
  explicit HeldBytes(RankSet ranks) { stretches_[0] = {ranks, ranks, -1}; }

  void set(ByteRange range, Stretch stretch);
  void add_holder(ByteRange range, int rank);
  // visit(range, stretch) for what the range is made of, in order.
  template <typename Visit>
  void for_each(ByteRange range, const Visit& visit) const {
    for (auto it = std::prev(stretches_.upper_bound(range.begin)); it != stretches_.end() && it->first < range.end;) {
      const auto next = std::next(it);
      const int64_t end = next == stretches_.end() ? range.end : std::min(range.end, next->first);
      visit(ByteRange{std::max(range.begin, it->first), end}, it->second);
      it = next;
    }
  }

 private:
  void cut(int64_t at);

  std::map<int64_t, Stretch> stretches_;  // by where they begin; each ends where the next begins
};

}  // namespace minnow

#include "passes/arena_layout.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "ir/steps.h"

namespace minnow {
namespace {

// How many pairs of buffers are compared in search of a better layout: less than half a second.
constexpr size_t kMaxPairs = size_t{1} << 27;

using Order = std::vector<size_t>;  // of indices into the ranges

// The bytes of an arena that no live buffer has, between those that have some.
class FreeSpace {
 public:
  // The tightest gap, the lowest of those alike, or behind all. Answers where.
  int64_t take(int64_t bytes) {
    const auto tightest = by_size_.lower_bound({bytes, 0});
    if (tightest == by_size_.end()) return std::exchange(end_, end_ + bytes);
    const auto [size, offset] = *tightest;
    remove(gaps_.find(offset));
    if (size > bytes) add(offset + bytes, size - bytes);
    return offset;
  }

  void release(int64_t offset, int64_t bytes) {
    const auto after = gaps_.find(offset + bytes);
    if (after != gaps_.end()) bytes += remove(after);
    const auto behind = gaps_.lower_bound(offset);
    if (behind != gaps_.begin() && std::prev(behind)->first + std::prev(behind)->second == offset) {
      offset = std::prev(behind)->first;
      bytes += remove(std::prev(behind));
    }
    if (offset + bytes == end_) end_ = offset;
    else add(offset, bytes);
  }

 private:
  using Gaps = std::map<int64_t, int64_t>;  // size by offset

  void add(int64_t offset, int64_t size) {
    if (size == 0) return;
    gaps_[offset] = size;
    by_size_.insert({size, offset});
  }
  int64_t remove(Gaps::iterator gap) {
    const int64_t size = gap->second;
    by_size_.erase({size, gap->first});
    gaps_.erase(gap);
    return size;
  }

  Gaps gaps_;
  std::set<std::pair<int64_t, int64_t>> by_size_;  // size, offset
  int64_t end_ = 0;
};

class ArenaLayout {
 public:
  explicit ArenaLayout(std::span<LiveRange> ranges) : ranges_(ranges) {}
  int64_t run();

 private:
  int64_t place(const Order& order);
  int64_t place_in_program_order();
  void improve(Order order);
  int64_t bound() const;
  static size_t pairs_of(const Order& order) { return order.size() * order.size() / 2; }

  std::span<LiveRange> ranges_;
  Order best_;  // empty: that of the program
  int64_t arena_bytes_ = 0;
  size_t pairs_left_ = kMaxPairs;
};

// Places buffers in the given order, each into the tightest gap between those it is live with; returns the
// arena's size.
int64_t ArenaLayout::place(const Order& order) {
  std::vector<const LiveRange*> placed;  // by offset
  int64_t arena = 0;
  count_steps(pairs_of(order));
  for (const size_t index : order) {
    LiveRange& range = ranges_[index];
    int64_t free_from = 0;
    int64_t best_gap = -1;
    for (const LiveRange* other : placed) {
      if (!range.is_live_with(*other)) continue;
      const int64_t gap = other->offset - free_from;
      if (gap >= range.bytes && (best_gap < 0 || gap < best_gap)) {
        best_gap = gap;
        range.offset = free_from;
      }
      free_from = std::max(free_from, other->end());
    }
    if (best_gap < 0) range.offset = free_from;
    arena = std::max(arena, range.end());
    placed.insert(std::ranges::upper_bound(placed, range.offset, {}, &LiveRange::offset), &range);
  }
  return arena;
}

// The same in program order, where those that are live are known without a search.
int64_t ArenaLayout::place_in_program_order() {
  FreeSpace space;
  std::multimap<int, const LiveRange*> live;  // by the position of their last use
  int64_t arena = 0;
  for (LiveRange& range : ranges_) {
    count_steps();
    for (; !live.empty() && live.begin()->first < range.first; live.erase(live.begin()))
      space.release(live.begin()->second->offset, live.begin()->second->bytes);
    range.offset = space.take(range.bytes);
    arena = std::max(arena, range.end());
    live.emplace(range.last, &range);
  }
  return arena;
}

// Places the buffer that sticks out of the arena first, again and again, and keeps the best order seen.
void ArenaLayout::improve(Order order) {
  constexpr int kRounds = 50;
  const int64_t least = bound();
  for (int round = 0; round < kRounds && arena_bytes_ > least; ++round) {
    if (pairs_of(order) > pairs_left_) return;
    pairs_left_ -= pairs_of(order);
    const int64_t arena = place(order);
    if (arena < arena_bytes_) {
      arena_bytes_ = arena;
      best_ = order;
    }
    const auto top = std::ranges::find_if(order, [&](size_t i) { return ranges_[i].end() == arena; });
    if (top == order.end()) return;
    std::rotate(order.begin(), top, std::next(top));
  }
}

// No arena can be smaller.
int64_t ArenaLayout::bound() const {
  std::map<int, int64_t> changes;
  for (const LiveRange& range : ranges_) {
    changes[range.first] += range.bytes;
    changes[range.last + 1] -= range.bytes;
  }
  return largest_sum(changes);
}

int64_t ArenaLayout::run() {
  Order in_program_order(ranges_.size());
  std::iota(in_program_order.begin(), in_program_order.end(), 0);
  const auto sorted = [&](auto weight) {
    Order order = in_program_order;
    std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return weight(ranges_[i]); });
    return order;
  };
  const auto duration = [](const LiveRange& range) { return int64_t{range.last} - range.first + 1; };
  const std::vector<Order> orders = {
      sorted([](const LiveRange& range) { return range.bytes; }),
      sorted([&](const LiveRange& range) { return duration(range); }),
      sorted([&](const LiveRange& range) {
        return static_cast<double>(range.bytes) * static_cast<double>(duration(range));
      }),
      in_program_order,
  };
  arena_bytes_ = place_in_program_order();
  for (const Order& order : orders) improve(order);
  return best_.empty() ? place_in_program_order() : place(best_);
}

}  // namespace

int64_t lay_out(std::span<LiveRange> ranges) { return ArenaLayout(ranges).run(); }

int64_t largest_sum(const std::map<int, int64_t>& changes) {
  int64_t sum = 0;
  int64_t largest = 0;
  for (const auto& [position, change] : changes) largest = std::max(largest, sum += change);
  return largest;
}

}  // namespace minnow

#include "runtime/division/choose_division.h"

#include <algorithm>

namespace minnow {
namespace {

// Of a network between machines. Constants, as all ranks have to choose alike.
constexpr double kSecondsOfExchange = 20e-6;
constexpr double kSentPerSecond = 1.5e9;

// Readers of what a task writes are looked for among so many tasks behind it.
constexpr size_t kTasksAhead = 512;

double seconds_to_fetch(int64_t bytes) {
  return bytes == 0 ? 0 : kSecondsOfExchange + static_cast<double>(bytes) / kSentPerSecond;
}

const Touch* find(const std::vector<Touch>& touches, size_t memory, const ByteRanges& bytes) {
  for (const Touch& touch : touches)
    if (touch.memory == memory && !common(touch.bytes, bytes).empty()) return &touch;
  return nullptr;
}

ByteRanges touched(const std::vector<Touch>& touches, size_t memory) {
  std::vector<ByteRange> ranges;
  for (const Touch& touch : touches)
    if (touch.memory == memory) ranges.insert(ranges.end(), touch.bytes.begin(), touch.bytes.end());
  return joined(std::move(ranges));
}

// Bytes that one of the ranks has to fetch before it does its share.
int64_t missing_bytes(const std::vector<HeldBytes>& held, const Share& share, int rank) {
  int64_t missing = 0;
  for (const Touch& touch : share.reads)
    for (const ByteRange& range : touch.bytes)
      held[touch.memory].for_each(range, [&](const ByteRange& part, const HeldBytes::Stretch& stretch) {
        if ((stretch.holders >> rank & 1) == 0) missing += part.bytes();
      });
  return missing;
}

}  // namespace

// What a later task fetches at least of this, by the rank that fetches most.
int64_t ChooseDivision::most_fetched(size_t i, size_t reader, const Touch& wanted) const {
  const Task& later = tasks_[reader];
  int64_t most_whole = 0, most_divided = 0;
  for (int rank = 0; rank < ranks_; ++rank) {
    const auto r = static_cast<size_t>(rank);
    const ByteRanges own = touched(tasks_[i].divided[r].writes, wanted.memory);
    const auto fetched = [&](const Share& share) {
      return total_bytes(without(common(touched(share.reads, wanted.memory), wanted.bytes), own));
    };
    most_whole = std::max(most_whole, fetched(later.whole));
    most_divided = later.divided.empty() ? most_whole : std::max(most_divided, fetched(later.divided[r]));
  }
  return std::min(most_whole, most_divided);
}

int64_t ChooseDivision::fetched_later(size_t i) const {
  int64_t fetched = 0;
  for (const Touch& written : tasks_[i].whole.writes) {
    Touch left = written;
    const size_t last = std::min(tasks_.size() - 1, i + kTasksAhead);
    for (size_t reader = i + 1; reader < tasks_.size() && !left.bytes.empty(); ++reader) {
      if (reader > last) reader = tasks_.size() - 1;
      const Task& later = tasks_[reader];
      if (const Touch* read = find(later.whole.reads, left.memory, left.bytes)) {
        fetched += most_fetched(i, reader, left);
        left.bytes = without(left.bytes, read->bytes);
      }
      if (const Touch* overwritten = find(later.whole.writes, left.memory, left.bytes))
        left.bytes = without(left.bytes, overwritten->bytes);
    }
  }
  return fetched;
}

bool ChooseDivision::is_worth_dividing(size_t i, const std::vector<HeldBytes>& held) const {
  const Task& task = tasks_[i];
  if (task.divided.empty()) return false;
  int64_t for_whole = 0, for_share = 0;
  for (int rank = 0; rank < ranks_; ++rank) {
    for_whole = std::max(for_whole, missing_bytes(held, task.whole, rank));
    for_share = std::max(for_share, missing_bytes(held, task.divided[static_cast<size_t>(rank)], rank));
  }
  const double whole = task.seconds + seconds_to_fetch(for_whole);
  const double share = task.seconds / ranks_ + seconds_to_fetch(for_share);
  return share < whole && share + seconds_to_fetch(fetched_later(i)) < whole;
}

}  // namespace minnow

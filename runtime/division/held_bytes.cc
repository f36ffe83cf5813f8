#include "runtime/division/held_bytes.h"

namespace minnow {

void HeldBytes::cut(int64_t at) {
  const auto before = std::prev(stretches_.upper_bound(at));
  if (before->first != at) stretches_.emplace_hint(std::next(before), at, before->second);
}

void HeldBytes::set(ByteRange range, Stretch stretch) {
  cut(range.begin);
  cut(range.end);
  const auto first = stretches_.find(range.begin);
  stretches_.erase(std::next(first), stretches_.find(range.end));
  first->second = stretch;
}

void HeldBytes::add_holder(ByteRange range, int rank) {
  cut(range.begin);
  cut(range.end);
  for (auto it = stretches_.find(range.begin); it->first != range.end; ++it) it->second.holders |= RankSet{1} << rank;
}

}  // namespace minnow

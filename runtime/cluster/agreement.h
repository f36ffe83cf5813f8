// What ranks decide together, so that all of them do the same next. Every rank calls these in the same order; nullptr
// in place of ranks is a process of its own, which agrees with itself.
#pragma once

#include <string>
#include <vector>

#include "runtime/cluster/communicator.h"

namespace minnow {

inline bool is_leader(const Communicator* ranks) { return ranks == nullptr || ranks->rank() == 0; }

// The texts of all ranks, by rank.
Result<std::vector<std::string>> share(Communicator& ranks, const std::string& mine);
// The leader's, everywhere.
Status take_from_leader(Communicator& ranks, std::string& text);
Result<bool> any_of(Communicator* ranks, bool mine);

// The error of the first rank that has one, at all of them; its message tells which, unless all say the same.
Status agree(Communicator* ranks, Status mine);
template <typename T>
Result<T> agree_on(Communicator* ranks, Result<T> mine) {
  MINNOW_TRY(agree(ranks, mine ? Status() : Status(tl::unexpected(mine.error()))));
  return mine;
}
// What the leader alone does: how that went, at all ranks.
template <typename Act>
Status as_leader(Communicator* ranks, const Act& act) {
  return agree(ranks, is_leader(ranks) ? act() : Status());
}

// Something that all ranks must have alike. The value is shown where ranks differ.
struct Likeness {
  std::string what;   // "the models"
  std::string value;  // "model.textproto (hash 0123...)"
  std::string hint;
};
// An error names the first rank that has something else than the leader, and what.
Status check_alike(Communicator& ranks, const std::vector<Likeness>& mine);

// "rank 2 (node-b)"
std::string name_of_rank(int rank, const std::string& host);
std::string host_name();

}  // namespace minnow

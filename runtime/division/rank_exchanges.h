// The exchanges of a divided run. What is one piece of memory goes as it lies there; what is more is copied together.
#pragma once

#include "runtime/cluster/communicator.h"
#include "runtime/division/division.h"

namespace minnow {

class RankExchanges {
 public:
  // `division` and `ranks` must outlive it.
  RankExchanges(const Division& division, Communicator& ranks);

  // `memories` are those of the division, where they are on this rank.
  Status begin(size_t exchange, std::span<std::byte* const> memories);
  Status wait(size_t exchange, std::span<std::byte* const> memories);

 private:
  struct Pending {
    std::vector<Communicator::Transfer> sends, receives;
    std::vector<std::vector<std::byte>> sent, received;  // of each message; empty: it is not copied
    Communicator::Ticket ticket = 0;
  };

  const Division& division_;
  Communicator& ranks_;
  std::vector<Pending> pending_;  // of each exchange
};

}  // namespace minnow

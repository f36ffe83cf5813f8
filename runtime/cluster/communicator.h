// Processes that compute one step together, each a rank. They run the same program on the same weights; what each has
// computed of a tensor, the others fetch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ir/error.h"

namespace minnow {

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Bytes that go to or come from another rank.
  struct Transfer {
    int peer = 0;
    std::byte* data = nullptr;
    int64_t bytes = 0;
  };
  // An exchange that has begun: number of it, for wait().
  using Ticket = int;

  // Begins to send and receive. Between two ranks, transfers are matched in the order of their begin; every receive has
  // a send of as many bytes. What is sent must not change, and what is received must not be touched, until wait().
  virtual Result<Ticket> begin_exchange(std::span<const Transfer> sends, std::span<const Transfer> receives) = 0;
  // Rank r has bytes [bounds[r], bounds[r + 1]) of `whole`, of size() + 1 bounds; begins to fetch the others'
  // everywhere.
  virtual Result<Ticket> begin_gather(std::byte* whole, std::span<const int64_t> bounds) = 0;
  // Ends an exchange. An error names a rank that is gone, or did not answer in time.
  virtual Status wait(Ticket ticket) = 0;

  // What follows, every rank calls in the same order.
  virtual Status broadcast(std::span<std::byte> bytes, int root) = 0;
  // The largest that any rank has given.
  virtual Result<int64_t> max(int64_t number) = 0;
};

}  // namespace minnow

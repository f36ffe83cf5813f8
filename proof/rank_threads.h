// Ranks as threads of one process: each has memory of its own as far as the program knows, and what one sends is copied
// only when the other waits for it, so that a buffer that is touched too soon shows.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/cluster/communicator.h"

namespace minnow::proof {

class RankThreads {
 public:
  explicit RankThreads(int size);
  ~RankThreads();

  int size() const { return static_cast<int>(ranks_.size()); }
  // Runs `body` on a thread for each rank. The first error ends the others' waiting.
  Status run(const std::function<Status(Communicator& rank)>& body);

 private:
  class Rank;
  struct Letter {
    std::byte* data = nullptr;
    int64_t bytes = 0;
    bool is_taken = false;
  };

  std::deque<Letter>& letters(int from, int to) { return letters_[static_cast<size_t>(from * size() + to)]; }
  template <typename Condition>
  Status wait_until(std::unique_lock<std::mutex>& lock, const Condition& condition);
  Status meet(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Rank>> ranks_;
  std::vector<std::deque<Letter>> letters_;  // by pair of ranks, all that were sent
  std::span<std::byte> shared_bytes_;
  int64_t shared_number_ = 0;
  int arrived_ = 0, meetings_ = 0;
  bool is_over_ = false;
};

}  // namespace minnow::proof

#include "proof/rank_threads.h"

#include <algorithm>
#include <cstring>
#include <thread>

namespace minnow::proof {

template <typename Condition>
Status RankThreads::wait_until(std::unique_lock<std::mutex>& lock, const Condition& condition) {
  changed_.wait(lock, [&] { return is_over_ || condition(); });
  if (is_over_) return fail("", "another rank has failed");
  return {};
}

// Returns when all ranks have called it.
Status RankThreads::meet(std::unique_lock<std::mutex>& lock) {
  const int meeting = meetings_;
  if (++arrived_ == size()) {
    arrived_ = 0;
    ++meetings_;
    changed_.notify_all();
  }
  return wait_until(lock, [&] { return meetings_ != meeting; });
}

class RankThreads::Rank : public Communicator {
 public:
  Rank(RankThreads& all, int rank, int size)
      : all_(all), rank_(rank), size_(size), received_(static_cast<size_t>(size)) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  Result<Ticket> begin_exchange(std::span<const Transfer> sends, std::span<const Transfer> receives) override {
    const std::lock_guard lock(all_.mutex_);
    Open& open = open_.emplace_back();
    for (const Transfer& send : sends) {
      auto& letters = all_.letters(rank_, send.peer);
      open.sent.emplace_back(send.peer, letters.size());
      letters.push_back({send.data, send.bytes});
    }
    for (const Transfer& receive : receives)
      open.received.push_back({receive, received_[static_cast<size_t>(receive.peer)]++});
    all_.changed_.notify_all();
    return static_cast<Ticket>(open_.size() - 1);
  }

  Result<Ticket> begin_gather(std::byte* whole, std::span<const int64_t> bounds) override {
    std::vector<Transfer> sends, receives;
    const auto piece = [&](int rank) {
      const auto r = static_cast<size_t>(rank);
      return Transfer{rank, whole + bounds[r], bounds[r + 1] - bounds[r]};
    };
    for (int peer = 0; peer < size_; ++peer) {
      if (peer == rank_) continue;
      sends.push_back(piece(rank_));
      sends.back().peer = peer;
      receives.push_back(piece(peer));
    }
    return begin_exchange(sends, receives);
  }

  Status wait(Ticket ticket) override {
    std::unique_lock lock(all_.mutex_);
    const Open open = std::move(open_[static_cast<size_t>(ticket)]);
    for (const auto& [transfer, number] : open.received) {
      auto& letters = all_.letters(transfer.peer, rank_);
      MINNOW_TRY(all_.wait_until(lock, [&, n = number] { return letters.size() > n; }));
      Letter& letter = letters[number];
      MINNOW_CHECK(letter.bytes == transfer.bytes, "{} bytes sent from {} to {}, {} expected", letter.bytes,
                   transfer.peer, rank_, transfer.bytes);
      std::memcpy(transfer.data, letter.data, static_cast<size_t>(letter.bytes));
      letter.is_taken = true;
    }
    all_.changed_.notify_all();
    for (const auto& [peer, number] : open.sent) {
      auto& letters = all_.letters(rank_, peer);
      MINNOW_TRY(all_.wait_until(lock, [&, n = number] { return letters[n].is_taken; }));
    }
    return {};
  }

  Status broadcast(std::span<std::byte> bytes, int root) override {
    std::unique_lock lock(all_.mutex_);
    if (rank_ == root) all_.shared_bytes_ = bytes;
    MINNOW_TRY(all_.meet(lock));
    if (rank_ != root) std::ranges::copy(all_.shared_bytes_, bytes.begin());
    return all_.meet(lock);
  }

  Result<int64_t> max(int64_t number) override {
    std::unique_lock lock(all_.mutex_);
    if (all_.arrived_ == 0) all_.shared_number_ = number;
    all_.shared_number_ = std::max(all_.shared_number_, number);
    MINNOW_TRY(all_.meet(lock));
    const int64_t largest = all_.shared_number_;
    MINNOW_TRY(all_.meet(lock));
    return largest;
  }

 private:
  struct Open {
    std::vector<std::pair<int, size_t>> sent;           // peer, number of the letter
    std::vector<std::pair<Transfer, size_t>> received;  // and number of the letter
  };

  RankThreads& all_;
  const int rank_, size_;
  std::vector<size_t> received_;  // letters of each peer
  std::vector<Open> open_;
};

RankThreads::RankThreads(int size) : letters_(static_cast<size_t>(size * size)) {
  for (int rank = 0; rank < size; ++rank) ranks_.push_back(std::make_unique<Rank>(*this, rank, size));
}

RankThreads::~RankThreads() = default;

Status RankThreads::run(const std::function<Status(Communicator& rank)>& body) {
  Status first;
  std::vector<std::thread> threads;
  for (const auto& rank : ranks_)
    threads.emplace_back([&, this] {
      Status status = body(*rank);
      if (status) return;
      const std::lock_guard lock(mutex_);
      if (!is_over_) first = std::move(status);
      is_over_ = true;
      changed_.notify_all();
    });
  for (std::thread& thread : threads) thread.join();
  return first;
}

}  // namespace minnow::proof

// Tells at once which rank is gone. Each has a connection to rank 0, over TCP, on which both say from time to time that
// they live: a process that dies closes it, one that is stopped or cut off falls silent. A rank that takes long lives,
// and is waited for. What rank 0 finds out, it tells the others, so that all name the same rank.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cluster/communicator.h"

namespace minnow {

class Lifeline {
 public:
  // Every rank calls this. nullptr, at all of them, where one cannot reach rank 0; `names` are theirs.
  static Result<std::unique_ptr<Lifeline>> connect(Communicator& ranks, std::vector<std::string> names);
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  // A rank that has been silent for so long is gone.
  void set_timeout(std::chrono::milliseconds timeout);

  struct Loss {
    int rank = 0;
    Error error;
    bool is_told = false;  // by the rank itself, to the user
  };
  // The first rank that is gone, if one is.
  std::optional<Loss> lost() const;

  // This rank has come to its end, well or with an error. Returns when all have, or one is lost: one that ends with an
  // error while others go on is lost to these, who have not heard of it.
  std::optional<Loss> end(const std::optional<Error>& error);

 private:
  using Clock = std::chrono::steady_clock;
  struct Peer {
    int rank = 0;
    int socket = -1;
    std::string unread = {};
    Clock::time_point heard = Clock::now();
    std::optional<Clock::time_point> ended = {};
    std::string error = {};  // that it ended with
  };

  Lifeline(int rank, std::vector<std::string> names, std::vector<Peer> peers);
  void work();
  void read_from(Peer& peer);
  void take_messages(Peer& peer);
  void judge();
  void lose(Loss loss);
  bool all_ended() const;
  void wake() const;

  int rank_;
  std::vector<std::string> names_;
  std::vector<Peer> peers_;  // at rank 0 all others, by rank; elsewhere rank 0 alone
  int wake_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::milliseconds timeout_{60000};
  std::optional<Loss> loss_;
  std::optional<Clock::time_point> own_end_;
  std::string own_error_;
  bool is_done_ = false;  // all have ended
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace minnow

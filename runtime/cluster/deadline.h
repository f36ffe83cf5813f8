// For calls that cannot be asked to come back, such as those that begin and end MPI.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace minnow {

// Calls `expired`, in a thread of its own, unless it is gone in time.
class Deadline {
 public:
  Deadline(std::chrono::milliseconds time, std::function<void()> expired)
      : thread_([this, time, expired = std::move(expired)] {
          std::unique_lock lock(mutex_);
          if (!changed_.wait_for(lock, time, [this] { return is_met_; })) expired();
        }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      is_met_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_met_ = false;
  std::thread thread_;
};

}  // namespace minnow

// A fixed set of threads for loops whose parts are fixed beforehand. Part i always means the same work; the
// number of threads decides only who runs it. So a result that is a function of its part is the same at any
// thread count.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "interpreter/function_ref.h"

namespace minnow {

// What the machine lets this process use at once; at least 1.
int available_threads();

class ThreadPool {
 public:
  // `threads` counts the caller of parallel_for: a pool of 1 starts no thread and runs everything inline.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs body(part) once for each part in [0, parts) and returns when all are done. Each thread has its own
  // contiguous block of parts (the same block each time, so its caches stay warm) and helps others when it is
  // through. A call from within a body runs inline. One caller at a time; the body must not throw.
  void parallel_for(int64_t parts, FunctionRef<void(int64_t part)> body);

 private:
  using Body = FunctionRef<void(int64_t)>;
  struct alignas(64) Lane {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  void work(size_t lane);
  void run_parts(size_t lane);
  uint32_t await_job(uint32_t last_job);
  void open_job(int64_t parts, const Body& body);
  void close_job();

  std::vector<std::thread> workers_;
  std::unique_ptr<Lane[]> lanes_;  // one per thread, the caller's first
  const Body* body_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::atomic<uint32_t> state_{0};  // job number, open bit, threads inside: see thread_pool.cc
};

}  // namespace minnow

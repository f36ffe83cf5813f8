#include "runtime/thread_pool.h"

#include <sched.h>

#include <algorithm>

#include "ir/error.h"

namespace minnow {
namespace {

// state_ is one word, so that a worker joins a job in one step or finds it closed. Lanes and body change only
// while the job is closed and nobody is inside. A worker that wakes too late simply waits for the next job.
constexpr uint32_t kInside = 0x7FFF;
constexpr uint32_t kOpen = 0x8000;
constexpr uint32_t kJob = 0xFFFF0000;
constexpr uint32_t kNextJob = 0x10000;

// About 50 microseconds: longer than the gap between two kernels of a step, shorter than anyone would notice.
constexpr int kSpins = 1500;

thread_local bool inside_body = false;

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Waits until `ready(state)`; spins first, then sleeps until notified.
template <typename Ready>
uint32_t wait_for(const std::atomic<uint32_t>& state, Ready ready) {
  for (int spin = 0;; ++spin) {
    const uint32_t seen = state.load(std::memory_order_acquire);
    if (ready(seen)) return seen;
    if (spin < kSpins) {
      pause_briefly();
    } else {
      state.wait(seen, std::memory_order_acquire);
    }
  }
}

}  // namespace

int available_threads() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0) return 1;
  return std::max(1, CPU_COUNT(&cpus));
}

ThreadPool::ThreadPool(int threads) : lanes_(std::make_unique<Lane[]>(static_cast<size_t>(std::max(threads, 1)))) {
  MINNOW_CHECK(threads >= 1 && threads <= static_cast<int>(kInside), "{} threads", threads);
  for (int lane = 1; lane < threads; ++lane) workers_.emplace_back([this, lane] { work(static_cast<size_t>(lane)); });
}

ThreadPool::~ThreadPool() {
  stopping_.store(true, std::memory_order_relaxed);
  state_.fetch_add(kNextJob, std::memory_order_release);
  state_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(int64_t parts, Body body) {
  if (workers_.empty() || parts <= 1 || inside_body) {
    for (int64_t part = 0; part < parts; ++part) body(part);
    return;
  }
  open_job(parts, body);
  run_parts(0);
  close_job();
}

void ThreadPool::open_job(int64_t parts, const Body& body) {
  const int64_t threads = this->threads();
  for (int64_t lane = 0; lane < threads; ++lane) {
    lanes_[static_cast<size_t>(lane)].next.store(lane * parts / threads, std::memory_order_relaxed);
    lanes_[static_cast<size_t>(lane)].end = (lane + 1) * parts / threads;
  }
  body_ = &body;
  const uint32_t job = (state_.load(std::memory_order_relaxed) & kJob) + kNextJob;
  state_.store(job | kOpen, std::memory_order_release);
  state_.notify_all();
}

void ThreadPool::close_job() {
  state_.fetch_and(~kOpen, std::memory_order_acq_rel);
  wait_for(state_, [](uint32_t state) { return (state & kInside) == 0; });
}

void ThreadPool::run_parts(size_t lane) {
  inside_body = true;
  const auto threads = static_cast<size_t>(this->threads());
  for (size_t i = 0; i < threads; ++i) {
    Lane& source = lanes_[(lane + i) % threads];
    for (;;) {
      const int64_t part = source.next.fetch_add(1, std::memory_order_relaxed);
      if (part >= source.end) break;
      (*body_)(part);
    }
  }
  inside_body = false;
}

// Joins the next job that is open and not `last_job`; its number comes back.
uint32_t ThreadPool::await_job(uint32_t last_job) {
  for (;;) {
    uint32_t state = wait_for(state_, [&](uint32_t seen) {
      return stopping_.load(std::memory_order_relaxed) || ((seen & kOpen) != 0 && (seen & kJob) != last_job);
    });
    if (stopping_.load(std::memory_order_relaxed)) return last_job;
    if (state_.compare_exchange_strong(state, state + 1, std::memory_order_acq_rel)) return state & kJob;
  }
}

void ThreadPool::work(size_t lane) {
  uint32_t job = 0;
  for (;;) {
    job = await_job(job);
    if (stopping_.load(std::memory_order_relaxed)) return;
    run_parts(lane);
    const uint32_t before = state_.fetch_sub(1, std::memory_order_acq_rel);
    if ((before & (kInside | kOpen)) == 1) state_.notify_all();
  }
}

}  // namespace minnow

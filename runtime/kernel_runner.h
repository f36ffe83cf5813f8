// Runs kernels of a compiled function, in order: each by itself, divided among the threads that share the run; those of
// a block loop block by block, of which each thread has a part; and those of a sequential loop once an iteration.
#pragma once

#include <memory>
#include <vector>

#include "interpreter/aligned_bytes.h"
#include "runtime/executable.h"

namespace minnow {

class KernelRunner {
 protected:
  // `pool` outlives it. Where parameters and results lie, addresses_ has yet to be told.
  KernelRunner(std::shared_ptr<const CompiledFunction> compiled, ThreadPool& pool, const ExecutorOptions& options);
  ~KernelRunner() = default;

  // Of the runs from now on. `spans` gets what they do and when; nullptr: nobody asks.
  void share_among(int threads, KernelTrace* spans) { threads_ = threads, spans_ = spans; }

  struct Range {
    size_t begin, end;
  };
  // Those in the range, and the loops among them: the first is number `sequence` of all, if it lies there.
  void run_kernels(Range range, size_t sequence);
  void run_sequence(size_t index);
  // Units, and partitions, [begin, end).
  void run_kernel(const Kernel& kernel, int64_t begin, int64_t end);
  void run_loop(const BlockLoop& loop, int64_t begin, int64_t end);

  std::byte*& address(int buffer) { return addresses_[static_cast<size_t>(buffer)]; }

  // run(), of which `span` says all but the time, recorded if there is a trace.
  template <typename Run>
  static void timed(KernelTrace* trace, KernelSpan span, Run run) {
    if (trace == nullptr) return run();
    span.begin = std::chrono::steady_clock::now();
    run();
    span.end = std::chrono::steady_clock::now();
    trace->push_back(span);
  }

  std::shared_ptr<const CompiledFunction> compiled_;
  ThreadPool& pool_;
  const ExecutorOptions options_;
  bool skips_kept_ = false;  // kernels of weights alone, which are as they were
  Status trespass_;          // of a guarded run
  AlignedBytes arena_;
  std::vector<AlignedBytes> local_arenas_;  // one per thread, for blocks
  std::vector<std::byte*> locals_;          // where they are
  std::vector<std::byte*> addresses_;       // of each buffer of the table

 private:
  // One part of a block loop, which a thread runs alone.
  struct Part {
    int index = 0, of = 1;
    std::byte* local = nullptr;        // arena
    std::vector<std::byte*>& buffers;  // of the kernel that runs
    KernelTrace* spans = nullptr;
  };

  std::byte* fixed_address(size_t i);
  void call(const Kernel& kernel, const std::vector<std::byte*>& buffers, int64_t begin, int64_t end, bool is_alone);
  void run_partition(const BlockLoop& loop, int64_t partition, Part& part);
  std::byte* address_in_block(int index, int64_t block, std::byte* local, std::byte* sums) const;

  int threads_ = 1;
  KernelTrace* spans_ = nullptr;
  std::vector<std::vector<std::byte*>> part_buffers_;  // of the kernel that a thread runs in a block
  std::vector<AlignedBytes> constants_;
  std::vector<std::byte*> kernel_buffers_;  // of the kernel that runs
};

}  // namespace minnow

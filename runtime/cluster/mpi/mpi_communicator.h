// A communicator over MPI-3 (mpi-forum.org/docs/mpi-3.1): what may take long is begun without blocking and polled, so
// that whoever waits for a rank that is gone hears of it.
#pragma once

#include <mpi.h>

#include <deque>
#include <mutex>
#include <vector>

#include "runtime/cluster/launched_communicator.h"

namespace minnow {

class MpiCommunicator final : public LaunchedCommunicator {
 public:
  // MPI is initialised; the communicator gets a world of its own.
  explicit MpiCommunicator(const MpiOptions& options);

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  Result<Ticket> begin_exchange(std::span<const Transfer> sends, std::span<const Transfer> receives) override;
  Result<Ticket> begin_gather(std::byte* whole, std::span<const int64_t> bounds) override;
  Status wait(Ticket ticket) override;
  Status broadcast(std::span<std::byte> bytes, int root) override;
  Result<int64_t> max(int64_t number) override;

  void set_watch(Watch watch) override { watch_ = std::move(watch); }
  void set_timeout(std::optional<std::chrono::milliseconds> timeout) override { timeout_ = timeout; }
  void finalize() override;
  void abort(int exit_code) override;

 private:
  // What is under way of one exchange; `peers` are the ranks that the requests wait for, or kAll. A collective reads
  // counts and offsets, one per rank, until it is done.
  struct Exchange {
    std::vector<MPI_Request> requests;
    std::vector<int> peers;
    std::vector<int> counts, offsets;
    bool is_open = false;
  };
  static constexpr int kAll = -1;
  using Clock = std::chrono::steady_clock;

  Ticket open_exchange();
  std::vector<bool> find_ranks_here() const;
  // Opens one with the request that `begin` makes, and waits for it.
  template <typename Begin>
  Status run_collective(int peer, const char* what, const Begin& begin);
  int start(Exchange& exchange, const Transfer& transfer, int tag, bool sends);
  int start_all(Exchange& exchange, std::span<const Transfer> transfers, int tag, bool sends);
  int gather_directly(Exchange& exchange, std::byte* whole, std::span<const int64_t> bounds);
  int gather_together(Exchange& exchange, std::byte* whole, std::span<const int64_t> bounds);
  Status check(int code, const char* what) const;
  void make_progress();
  Result<bool> test(Exchange& exchange);
  Status check_watch(const Exchange& exchange, Clock::time_point begin);

  MpiOptions options_;
  MPI_Comm world_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  std::vector<bool> is_here_;  // by rank: of this machine
  Watch watch_;
  std::optional<std::chrono::milliseconds> timeout_;
  // Several threads may call, one at a time is within MPI.
  std::mutex mutex_;
  std::deque<Exchange> exchanges_;  // by ticket; they stay where they are
};

}  // namespace minnow

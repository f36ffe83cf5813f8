#include "runtime/cluster/mpi/mpi_communicator.h"

#include <algorithm>
#include <limits>
#include <thread>

namespace minnow {
namespace {

// Messages between the same two ranks keep their order within a tag: those of exchanges and of gathers do not meet.
constexpr int kExchangeTag = 1, kGatherTag = 2;

std::string text_of(int code) {
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  return {text, static_cast<size_t>(length)};
}

// Spins while the answer is likely to be near, then leaves the core to others.
class Patience {
 public:
  void pass() {
    ++turns_;
    if (turns_ < kSpins) return;
    if (turns_ < kYields) return std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(turns_ < kShortNaps ? 50 : 1000));
  }
  bool is_time_to_look() const { return turns_ % kLook == 0; }

 private:
  static constexpr int kSpins = 200, kYields = 20000, kShortNaps = 40000, kLook = 100;
  int turns_ = 0;
};

}  // namespace

MpiCommunicator::MpiCommunicator(const MpiOptions& options) : options_(options) {
  MPI_Comm_dup(MPI_COMM_WORLD, &world_);
  MPI_Comm_set_errhandler(world_, MPI_ERRORS_RETURN);
  MPI_Comm_rank(world_, &rank_);
  MPI_Comm_size(world_, &size_);
  is_here_ = options_.knows_machines ? find_ranks_here() : std::vector<bool>(static_cast<size_t>(size_));
}

std::vector<bool> MpiCommunicator::find_ranks_here() const {
  std::vector<bool> are_here(static_cast<size_t>(size_));
  MPI_Comm here = MPI_COMM_NULL;
  MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &here);
  int count = 0;
  MPI_Comm_size(here, &count);
  std::vector<int> own(static_cast<size_t>(count), 0), ranks(own);
  for (int i = 0; i < count; ++i) own[static_cast<size_t>(i)] = i;
  MPI_Group all = MPI_GROUP_NULL, group = MPI_GROUP_NULL;
  MPI_Comm_group(world_, &all);
  MPI_Comm_group(here, &group);
  MPI_Group_translate_ranks(group, count, own.data(), all, ranks.data());
  for (const int rank : ranks) are_here[static_cast<size_t>(rank)] = true;
  MPI_Group_free(&all);
  MPI_Group_free(&group);
  MPI_Comm_free(&here);
  return are_here;
}

Status MpiCommunicator::check(int code, const char* what) const {
  if (code == MPI_SUCCESS) return {};
  // MPI may know before the watch does, but not who it is.
  constexpr int kTries = 200;
  for (int i = 0; watch_ && i < kTries; ++i) {
    if (auto gone = watch_()) return tl::unexpected(*std::move(gone));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return fail_with_hint(fmt::format("rank {}", rank_), fmt::format("MPI cannot {}: {}", what, text_of(code)),
                        "another rank may be gone, or the network between them");
}

MpiCommunicator::Ticket MpiCommunicator::open_exchange() {
  auto free = std::ranges::find(exchanges_, false, &Exchange::is_open);
  if (free == exchanges_.end()) {
    exchanges_.emplace_back();
    free = exchanges_.end() - 1;
  }
  free->is_open = true;
  free->requests.clear();
  free->peers.clear();
  return static_cast<Ticket>(free - exchanges_.begin());
}

// One message, or several where MPI would rather have it so.
int MpiCommunicator::start(Exchange& exchange, const Transfer& transfer, int tag, bool sends) {
  const bool is_prompt = transfer.bytes <= options_.most_prompt_bytes && !is_here_[static_cast<size_t>(transfer.peer)];
  const int64_t most = is_prompt ? std::min(options_.prompt_bytes, options_.chunk_bytes) : options_.chunk_bytes;
  for (int64_t done = 0; done < transfer.bytes;) {
    const auto count = static_cast<int>(std::min(most, transfer.bytes - done));
    MPI_Request request = MPI_REQUEST_NULL;
    const int code = sends ? MPI_Isend(transfer.data + done, count, MPI_BYTE, transfer.peer, tag, world_, &request)
                           : MPI_Irecv(transfer.data + done, count, MPI_BYTE, transfer.peer, tag, world_, &request);
    if (code != MPI_SUCCESS) return code;
    exchange.requests.push_back(request);
    exchange.peers.push_back(transfer.peer);
    done += count;
  }
  return MPI_SUCCESS;
}

int MpiCommunicator::start_all(Exchange& exchange, std::span<const Transfer> transfers, int tag, bool sends) {
  for (const Transfer& transfer : transfers)
    if (const int code = start(exchange, transfer, tag, sends); code != MPI_SUCCESS) return code;
  return MPI_SUCCESS;
}

// Only calls into MPI move messages along: what else is under way is looked at, too.
void MpiCommunicator::make_progress() {
  int ignored = 0;
  MPI_Iprobe(MPI_ANY_SOURCE, kExchangeTag, world_, &ignored, MPI_STATUS_IGNORE);
}

Result<MpiCommunicator::Ticket> MpiCommunicator::begin_exchange(std::span<const Transfer> sends,
                                                                std::span<const Transfer> receives) {
  const std::lock_guard lock(mutex_);
  const Ticket ticket = open_exchange();
  Exchange& exchange = exchanges_[static_cast<size_t>(ticket)];
  MINNOW_TRY(check(start_all(exchange, receives, kExchangeTag, false), "receive"));
  MINNOW_TRY(check(start_all(exchange, sends, kExchangeTag, true), "send"));
  make_progress();
  return ticket;
}

int MpiCommunicator::gather_directly(Exchange& exchange, std::byte* whole, std::span<const int64_t> bounds) {
  const auto part = [&](int rank) {
    const auto r = static_cast<size_t>(rank);
    return Transfer{rank, whole + bounds[r], bounds[r + 1] - bounds[r]};
  };
  Transfer own = part(rank_);
  // Each begins with the rank behind its own, so that not all send to the same one first.
  for (int distance = 1; distance < size_; ++distance) {
    const Transfer from = part((rank_ + size_ - distance) % size_);
    if (const int code = start(exchange, from, kGatherTag, false); code != MPI_SUCCESS) return code;
  }
  for (int distance = 1; distance < size_; ++distance) {
    own.peer = (rank_ + distance) % size_;
    if (const int code = start(exchange, own, kGatherTag, true); code != MPI_SUCCESS) return code;
  }
  return MPI_SUCCESS;
}

int MpiCommunicator::gather_together(Exchange& exchange, std::byte* whole, std::span<const int64_t> bounds) {
  exchange.counts.clear();
  exchange.offsets.clear();
  for (size_t r = 0; r + 1 < bounds.size(); ++r) {
    exchange.counts.push_back(static_cast<int>(bounds[r + 1] - bounds[r]));
    exchange.offsets.push_back(static_cast<int>(bounds[r] - bounds[0]));
  }
  MPI_Request request = MPI_REQUEST_NULL;
  const int code = MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, whole + bounds[0], exchange.counts.data(),
                                   exchange.offsets.data(), MPI_BYTE, world_, &request);
  if (code != MPI_SUCCESS) return code;
  exchange.requests.push_back(request);
  exchange.peers.push_back(kAll);
  return MPI_SUCCESS;
}

Result<MpiCommunicator::Ticket> MpiCommunicator::begin_gather(std::byte* whole, std::span<const int64_t> bounds) {
  const std::lock_guard lock(mutex_);
  const Ticket ticket = open_exchange();
  Exchange& exchange = exchanges_[static_cast<size_t>(ticket)];
  const bool is_countable = bounds.back() - bounds.front() <= std::numeric_limits<int>::max();
  const bool is_direct = size_ <= options_.most_direct_ranks || !is_countable;
  MINNOW_TRY(
      check(is_direct ? gather_directly(exchange, whole, bounds) : gather_together(exchange, whole, bounds), "gather"));
  make_progress();
  return ticket;
}

Result<bool> MpiCommunicator::test(Exchange& exchange) {
  const std::lock_guard lock(mutex_);
  int is_done = 0;
  const int code =
      MPI_Testall(static_cast<int>(exchange.requests.size()), exchange.requests.data(), &is_done, MPI_STATUSES_IGNORE);
  MINNOW_TRY(check(code, "exchange with the others"));
  return is_done != 0;
}

// Whether it is still worth while to wait.
Status MpiCommunicator::check_watch(const Exchange& exchange, Clock::time_point begin) {
  if (watch_)
    if (auto gone = watch_()) return tl::unexpected(*std::move(gone));
  if (!timeout_ || Clock::now() - begin < *timeout_) return {};
  const std::lock_guard lock(mutex_);
  std::string who = "another rank";
  for (size_t i = 0; i < exchange.requests.size(); ++i) {
    int is_done = 1;
    if (exchange.requests[i] != MPI_REQUEST_NULL)
      MPI_Request_get_status(exchange.requests[i], &is_done, MPI_STATUS_IGNORE);
    if (is_done != 0 || exchange.peers[i] == kAll) continue;
    who = fmt::format("rank {}", exchange.peers[i]);
    break;
  }
  return fail_with_hint(who,
                        fmt::format("has not answered for {:.3g} s", std::chrono::duration<double>(*timeout_).count()),
                        "it is stopped, or the network to it; --timeout waits longer");
}

Status MpiCommunicator::wait(Ticket ticket) {
  const auto begin = Clock::now();
  std::unique_lock lock(mutex_);
  Exchange& exchange = exchanges_[static_cast<size_t>(ticket)];
  lock.unlock();
  for (Patience patience;; patience.pass()) {
    MINNOW_ASSIGN(const bool is_done, test(exchange));
    if (is_done) break;
    if (patience.is_time_to_look()) MINNOW_TRY(check_watch(exchange, begin));
  }
  lock.lock();
  exchange.is_open = false;
  return {};
}

template <typename Begin>
Status MpiCommunicator::run_collective(int peer, const char* what, const Begin& begin) {
  std::unique_lock lock(mutex_);
  const Ticket ticket = open_exchange();
  Exchange& exchange = exchanges_[static_cast<size_t>(ticket)];
  MPI_Request request = MPI_REQUEST_NULL;
  MINNOW_TRY(check(begin(&request), what));
  exchange.requests.push_back(request);
  exchange.peers.push_back(peer);
  lock.unlock();
  return wait(ticket);
}

Status MpiCommunicator::broadcast(std::span<std::byte> bytes, int root) {
  const auto chunk = static_cast<size_t>(options_.chunk_bytes);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(chunk, bytes.size()))) {
    const auto count = static_cast<int>(std::min(chunk, bytes.size()));
    MINNOW_TRY(run_collective(rank_ == root ? kAll : root, "broadcast", [&](MPI_Request* request) {
      return MPI_Ibcast(bytes.data(), count, MPI_BYTE, root, world_, request);
    }));
  }
  return {};
}

Result<int64_t> MpiCommunicator::max(int64_t number) {
  int64_t most = number;
  MINNOW_TRY(run_collective(kAll, "find the largest", [&](MPI_Request* request) {
    return MPI_Iallreduce(MPI_IN_PLACE, &most, 1, MPI_INT64_T, MPI_MAX, world_, request);
  }));
  return most;
}

void MpiCommunicator::finalize() {
  const std::lock_guard lock(mutex_);
  MPI_Comm_free(&world_);
  MPI_Finalize();
}

void MpiCommunicator::abort(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

}  // namespace minnow

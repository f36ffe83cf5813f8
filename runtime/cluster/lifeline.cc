#include "runtime/cluster/lifeline.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "runtime/cluster/carried_error.h"
#include "runtime/cluster/meeting.h"

namespace minnow {
namespace {

using namespace std::chrono_literals;

// How long a rank that ended with an error is given until it is told of; the others usually have the same one.
constexpr auto kGrace = 2s;

// What is said is lines: "h" for I live, "e ERROR" for I end, with or without one, "g RANK ERROR" for that rank is
// gone, "d" for all have ended. A buffer that is full belongs to a peer that no longer reads.
void say(int socket, const std::string& line) {
  if (socket < 0) return;
  const std::string text = line + "\n";
  (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Result<std::unique_ptr<Lifeline>> Lifeline::connect(Communicator& ranks, std::vector<std::string> names) {
  MINNOW_ASSIGN(const std::vector<int> sockets, meet(ranks));
  if (sockets.empty()) return nullptr;
  std::vector<Peer> peers;
  for (size_t i = 0; i < sockets.size(); ++i)
    peers.push_back({ranks.rank() == 0 ? static_cast<int>(i) + 1 : 0, sockets[i]});
  return std::unique_ptr<Lifeline>(new Lifeline(ranks.rank(), std::move(names), std::move(peers)));
}

Lifeline::Lifeline(int rank, std::vector<std::string> names, std::vector<Peer> peers)
    : rank_(rank), names_(std::move(names)), peers_(std::move(peers)) {
  MINNOW_CHECK(::pipe(wake_) == 0, "no pipe: errno {}", errno);
  thread_ = std::thread([this] { work(); });
}

Lifeline::~Lifeline() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake();
  thread_.join();
  for (const Peer& peer : peers_)
    if (peer.socket >= 0) ::close(peer.socket);
  ::close(wake_[0]);
  ::close(wake_[1]);
}

void Lifeline::wake() const { (void)!::write(wake_[1], "", 1); }

void Lifeline::set_timeout(std::chrono::milliseconds timeout) {
  {
    const std::lock_guard lock(mutex_);
    timeout_ = timeout;
  }
  wake();
}

std::optional<Lifeline::Loss> Lifeline::lost() const {
  const std::lock_guard lock(mutex_);
  return loss_;
}

bool Lifeline::all_ended() const {
  return own_end_ && std::ranges::all_of(peers_, [](const Peer& peer) { return peer.ended.has_value(); });
}

void Lifeline::lose(Loss loss) {
  if (loss_ || is_done_) return;
  if (rank_ == 0)
    for (const Peer& peer : peers_)
      say(peer.socket, fmt::format("g {} {} {}", loss.rank, loss.is_told ? 1 : 0, carry(loss.error)));
  loss_ = std::move(loss);
  changed_.notify_all();
}

void Lifeline::take_messages(Peer& peer) {
  for (size_t end = 0; (end = peer.unread.find('\n')) != std::string::npos; peer.unread.erase(0, end + 1)) {
    const std::string line = peer.unread.substr(0, end);
    if (line.starts_with("e")) {
      peer.ended = Clock::now();
      peer.error = line.substr(std::min<size_t>(2, line.size()));
    }
    if (line == "d") {
      is_done_ = true;
      changed_.notify_all();
    }
    if (line.starts_with("g ")) {
      std::istringstream words(line.substr(2));
      Loss loss;
      std::string error;
      words >> loss.rank >> loss.is_told >> std::ws;
      std::getline(words, error);
      loss.error = carried_error(error);
      lose(std::move(loss));
    }
  }
}

void Lifeline::read_from(Peer& peer) {
  char bytes[4096];
  for (;;) {
    const ssize_t count = ::recv(peer.socket, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count > 0) {
      peer.unread.append(bytes, static_cast<size_t>(count));
      peer.heard = Clock::now();
      continue;
    }
    const bool is_open = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    take_messages(peer);
    if (is_open) return;
    ::close(peer.socket);
    peer.socket = -1;
    const bool may_go = rank_ == 0 ? peer.ended.has_value() : is_done_;
    if (!may_go)
      lose({peer.rank,
            {names_[static_cast<size_t>(peer.rank)], "has ended without a word: killed, or out of memory", ""}});
    return;
  }
}

// What silence and ends come to.
void Lifeline::judge() {
  const auto now = Clock::now();
  for (const Peer& peer : peers_) {
    if (peer.ended || peer.socket < 0 || now - peer.heard < timeout_) continue;
    lose({peer.rank,
          {names_[static_cast<size_t>(peer.rank)],
           fmt::format("has been silent for {:.3g} s (--timeout): stopped, or its network is gone",
                       std::chrono::duration<double>(timeout_).count()),
           ""}});
  }
  if (rank_ != 0 || is_done_ || loss_) return;
  if (all_ended()) {
    for (const Peer& peer : peers_) say(peer.socket, "d");
    is_done_ = true;
    changed_.notify_all();
    return;
  }
  for (const Peer& peer : peers_) {
    if (!peer.ended || peer.error.empty() || now - *peer.ended < kGrace) continue;
    Error error = carried_error(peer.error);
    error.message = names_[static_cast<size_t>(peer.rank)] + ": " + error.message;
    lose({peer.rank, std::move(error)});
  }
  if (own_end_ && !own_error_.empty() && now - *own_end_ >= kGrace) lose({0, carried_error(own_error_), true});
}

void Lifeline::work() {
  auto last = Clock::now(), said = last - 1h;
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const auto pause = std::min<std::chrono::milliseconds>(500ms, timeout_ / 8);
    std::vector<pollfd> ready = {{wake_[0], POLLIN, 0}};
    for (const Peer& peer : peers_) ready.push_back({peer.socket, POLLIN, 0});
    lock.unlock();
    ::poll(ready.data(), ready.size(), static_cast<int>(pause.count()));
    char ignored[64];
    if (ready[0].revents != 0) (void)!::read(wake_[0], ignored, sizeof(ignored));
    lock.lock();
    const auto now = Clock::now();
    // Whoever was stopped himself has heard nobody meanwhile.
    if (now - last > timeout_ / 2)
      for (Peer& peer : peers_) peer.heard = now;
    last = now;
    for (size_t i = 0; i < peers_.size(); ++i)
      if (ready[i + 1].revents != 0 && peers_[i].socket >= 0) read_from(peers_[i]);
    if (now - said >= pause) {
      for (const Peer& peer : peers_) say(peer.socket, "h");
      said = now;
    }
    judge();
  }
}

std::optional<Lifeline::Loss> Lifeline::end(const std::optional<Error>& error) {
  std::unique_lock lock(mutex_);
  own_end_ = Clock::now();
  own_error_ = error ? carry(*error) : "";
  if (rank_ != 0) say(peers_[0].socket, "e " + own_error_);
  wake();
  changed_.wait(lock, [&] { return is_done_ || loss_; });
  return loss_;
}

}  // namespace minnow

#include "runtime/cluster/meeting.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <sstream>

#include "runtime/cluster/agreement.h"

namespace minnow {
namespace {

constexpr int kPatienceMs = 3000;  // to connect to one address, and for the first words
constexpr size_t kTokenLetters = 32;

// Whoever does not know it is none of ours.
std::string draw_token() {
  std::array<unsigned char, kTokenLetters / 2> bytes = {};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return "";
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

// Takes IPv4, too, where the machine has IPv6.
int listen_anywhere() {
  for (const int family : {AF_INET6, AF_INET}) {
    const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) continue;
    const int off = 0;
    if (family == AF_INET6) ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    sockaddr_storage any = {};
    any.ss_family = static_cast<sa_family_t>(family);
    const socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::bind(socket, reinterpret_cast<sockaddr*>(&any), size) == 0 && ::listen(socket, SOMAXCONN) == 0) return socket;
    ::close(socket);
  }
  return -1;
}

int port_of(int socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

// This machine's addresses but for loopback, as numbers.
std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(first, ::freeifaddrs);
  for (const ifaddrs* it = first; it != nullptr; it = it->ifa_next) {
    if (it->ifa_addr == nullptr) continue;
    const int family = it->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    std::array<char, NI_MAXHOST> text = {};
    const socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::getnameinfo(it->ifa_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    const std::string address = text.data();
    const bool is_near = address.starts_with("127.") || address == "::1" || address.starts_with("fe80:");
    if (!is_near) addresses.push_back(address);
  }
  return addresses;
}

// Whether a socket that connects without blocking is connected in time.
bool connects(int socket, const addrinfo& to) {
  if (::connect(socket, to.ai_addr, to.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd ready = {socket, POLLOUT, 0};
  if (::poll(&ready, 1, kPatienceMs) != 1) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

int connect_to(const std::string& address, const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket >= 0 && connects(socket, *found)) return socket;
  if (socket >= 0) ::close(socket);
  return -1;
}

std::string greeting(const std::string& token, int rank) { return token + fmt::format("{:8}", rank); }

// To rank 0, whose place is "TOKEN PORT HOST ADDRESS...".
int reach(const std::string& place, int rank) {
  std::istringstream words(place);
  std::string token, port, host, address;
  words >> token >> port >> host;
  std::vector<std::string> addresses;
  if (host == host_name()) addresses.emplace_back("127.0.0.1");
  while (words >> address) addresses.push_back(address);
  for (const std::string& candidate : addresses) {
    const int socket = connect_to(candidate, port);
    if (socket < 0) continue;
    const std::string hello = greeting(token, rank);
    if (::send(socket, hello.data(), hello.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(hello.size())) return socket;
    ::close(socket);
  }
  return -1;
}

// The rank that greets, if it is one of ours.
std::optional<int> greeted_by(int socket, const std::string& token) {
  const timeval patience = {kPatienceMs / 1000, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string hello(greeting(token, 0).size(), '\0');
  if (::recv(socket, hello.data(), hello.size(), MSG_WAITALL) != static_cast<ssize_t>(hello.size())) return {};
  if (!hello.starts_with(token)) return {};
  return std::atoi(hello.c_str() + token.size());
}

void close_all(std::vector<int>& sockets) {
  for (const int socket : sockets)
    if (socket >= 0) ::close(socket);
  sockets.clear();
}

// All have connected already: they wait in the queue. None come back where one of them does not.
std::vector<int> accept_all(int listener, const std::string& token, int ranks) {
  std::vector<int> sockets(static_cast<size_t>(ranks) - 1, -1);
  int missing = ranks - 1;
  pollfd ready = {listener, POLLIN, 0};
  while (missing > 0 && ::poll(&ready, 1, kPatienceMs) == 1) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const auto rank = socket < 0 ? std::nullopt : greeted_by(socket, token);
    if (!rank || *rank < 1 || *rank >= ranks || sockets[static_cast<size_t>(*rank) - 1] >= 0) {
      if (socket >= 0) ::close(socket);
      continue;
    }
    sockets[static_cast<size_t>(*rank) - 1] = socket;
    --missing;
  }
  if (missing > 0) close_all(sockets);
  return sockets;
}

}  // namespace

Result<std::vector<int>> meet(Communicator& ranks) {
  const bool leads = is_leader(&ranks);
  const std::string token = leads ? draw_token() : "";
  std::vector<int> listener;
  std::string place;
  if (leads) {
    listener.push_back(listen_anywhere());
    place = fmt::format("{} {} {}", token, port_of(listener[0]), host_name());
    for (const std::string& address : own_addresses()) place += " " + address;
  }
  MINNOW_TRY(take_from_leader(ranks, place));
  std::vector<int> sockets;
  if (!leads) sockets.push_back(reach(place, ranks.rank()));
  const bool has_failed = leads ? listener[0] < 0 || token.empty() : sockets[0] < 0;
  MINNOW_ASSIGN(bool fails, any_of(&ranks, has_failed));
  if (!fails && leads) sockets = accept_all(listener[0], token, ranks.size());
  close_all(listener);
  MINNOW_ASSIGN(fails, any_of(&ranks, fails || sockets.empty()));
  if (fails) close_all(sockets);
  const int on = 1;
  for (const int socket : sockets) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return sockets;
}

}  // namespace minnow

#include "runtime/cluster/letters.h"

namespace minnow {
namespace {

Status send(Communicator& ranks, int to, std::span<std::byte> bytes) {
  const Communicator::Transfer transfer = {to, bytes.data(), std::ssize(bytes)};
  MINNOW_ASSIGN(const auto ticket, ranks.begin_exchange({&transfer, 1}, {}));
  return ranks.wait(ticket);
}

Status receive(Communicator& ranks, int from, std::span<std::byte> bytes) {
  const Communicator::Transfer transfer = {from, bytes.data(), std::ssize(bytes)};
  MINNOW_ASSIGN(const auto ticket, ranks.begin_exchange({}, {&transfer, 1}));
  return ranks.wait(ticket);
}

}  // namespace

Status send_text(Communicator& ranks, int to, const std::string& text) {
  int64_t size = std::ssize(text);
  MINNOW_TRY(send(ranks, to, std::as_writable_bytes(std::span(&size, 1))));
  std::string bytes = text;
  return send(ranks, to, std::as_writable_bytes(std::span(bytes)));
}

Result<std::string> receive_text(Communicator& ranks, int from) {
  int64_t size = 0;
  MINNOW_TRY(receive(ranks, from, std::as_writable_bytes(std::span(&size, 1))));
  std::string text(static_cast<size_t>(size), '\0');
  MINNOW_TRY(receive(ranks, from, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace minnow

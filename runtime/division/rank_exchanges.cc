#include "runtime/division/rank_exchanges.h"

#include <cstring>

namespace minnow {
namespace {

using Message = Exchange::Message;

bool is_one_piece(const Message& message) { return message.parts.size() == 1 && message.parts[0].bytes.size() == 1; }

// Calls visit(where it lies, where it is in the message, bytes) for each piece.
template <typename Visit>
void for_pieces(const Message& message, std::span<std::byte* const> memories, const Visit& visit) {
  int64_t place = 0;
  for (const Touch& part : message.parts)
    for (const ByteRange& range : part.bytes) {
      visit(memories[part.memory] + range.begin, place, static_cast<size_t>(range.bytes()));
      place += range.bytes();
    }
}

std::vector<std::vector<std::byte>> copies(const std::vector<Message>& messages) {
  std::vector<std::vector<std::byte>> made;
  for (const Message& message : messages)
    made.emplace_back(is_one_piece(message) ? 0 : static_cast<size_t>(message.bytes));
  return made;
}

void fill(std::vector<Communicator::Transfer>& transfers, const std::vector<Message>& messages,
          std::vector<std::vector<std::byte>>& copies, std::span<std::byte* const> memories) {
  transfers.clear();
  for (size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    const Touch& first = message.parts[0];
    std::byte* data = copies[i].empty() ? memories[first.memory] + first.bytes[0].begin : copies[i].data();
    transfers.push_back({message.peer, data, message.bytes});
  }
}

}  // namespace

RankExchanges::RankExchanges(const Division& division, Communicator& ranks) : division_(division), ranks_(ranks) {
  for (const Exchange& exchange : division.exchanges) {
    Pending& pending = pending_.emplace_back();
    pending.sent = copies(exchange.sends);
    pending.received = copies(exchange.receives);
    pending.sends.reserve(exchange.sends.size());
    pending.receives.reserve(exchange.receives.size());
  }
}

Status RankExchanges::begin(size_t index, std::span<std::byte* const> memories) {
  const Exchange& exchange = division_.exchanges[index];
  Pending& pending = pending_[index];
  for (size_t i = 0; i < exchange.sends.size(); ++i) {
    std::vector<std::byte>& copy = pending.sent[i];
    if (!copy.empty())
      for_pieces(exchange.sends[i], memories, [&](const std::byte* piece, int64_t place, size_t bytes) {
        std::memcpy(copy.data() + place, piece, bytes);
      });
  }
  fill(pending.sends, exchange.sends, pending.sent, memories);
  fill(pending.receives, exchange.receives, pending.received, memories);
  MINNOW_ASSIGN(pending.ticket, ranks_.begin_exchange(pending.sends, pending.receives));
  return {};
}

Status RankExchanges::wait(size_t index, std::span<std::byte* const> memories) {
  const Exchange& exchange = division_.exchanges[index];
  Pending& pending = pending_[index];
  MINNOW_TRY(ranks_.wait(pending.ticket));
  for (size_t i = 0; i < exchange.receives.size(); ++i) {
    const std::vector<std::byte>& copy = pending.received[i];
    if (!copy.empty())
      for_pieces(exchange.receives[i], memories, [&](std::byte* piece, int64_t place, size_t bytes) {
        std::memcpy(piece, copy.data() + place, bytes);
      });
  }
  return {};
}

}  // namespace minnow

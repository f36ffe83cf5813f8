// One rank of a test: what a communicator does, held against what it must do. Ends with 1 and a word where it does not.
#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cluster/agreement.h"
#include "runtime/cluster/lifeline.h"
#include "runtime/cluster/mpi/mpi_communicator.h"

namespace minnow {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

#define EXPECT(condition)                                                         \
  do {                                                                            \
    if (!(condition)) {                                                           \
      std::fprintf(stderr, "exchange.cc:%d: not so: %s\n", __LINE__, #condition); \
      std::exit(1);                                                               \
    }                                                                             \
  } while (false)

// What rank `from` sends to `to` in message `number`.
Bytes message(int from, int to, int number, size_t bytes) {
  Bytes text(bytes);
  for (size_t i = 0; i < bytes; ++i)
    text[i] = static_cast<std::byte>(from * 41 + to * 17 + number * 7 + static_cast<int>(i % 251));
  return text;
}

size_t bytes_of_message(int from, int to, int number) {
  return static_cast<size_t>((from * 7919 + to * 104729 + number * 1299709) % 9000);
}

// Every rank sends several messages to every other, and waits for them in another order.
void exchange_between_all(Communicator& ranks) {
  constexpr int kNumbers = 4;
  std::vector<std::vector<Bytes>> sent(kNumbers), received(kNumbers);
  std::vector<Communicator::Ticket> tickets;
  for (int number = 0; number < kNumbers; ++number) {
    std::vector<Communicator::Transfer> sends, receives;
    for (int peer = 0; peer < ranks.size(); ++peer) {
      if (peer == ranks.rank()) continue;
      Bytes& out =
          sent[number].emplace_back(message(ranks.rank(), peer, number, bytes_of_message(ranks.rank(), peer, number)));
      sends.push_back({peer, out.data(), std::ssize(out)});
      Bytes& in = received[number].emplace_back(bytes_of_message(peer, ranks.rank(), number));
      receives.push_back({peer, in.data(), std::ssize(in)});
    }
    const auto ticket = ranks.begin_exchange(sends, receives);
    EXPECT(ticket);
    tickets.push_back(*ticket);
  }
  for (int number = kNumbers; number-- > 0;) {
    EXPECT(ranks.wait(tickets[number]));
    size_t i = 0;
    for (int peer = 0; peer < ranks.size(); ++peer) {
      if (peer == ranks.rank()) continue;
      EXPECT(received[number][i] == message(peer, ranks.rank(), number, bytes_of_message(peer, ranks.rank(), number)));
      ++i;
    }
  }
}

// The last rank's part is empty, as is the space in front of the first one's.
void gather_uneven_parts(Communicator& ranks) {
  for (const int64_t step : {int64_t{0}, int64_t{1}, int64_t{700}, int64_t{5000}}) {
    std::vector<int64_t> bounds = {3};
    for (int r = 0; r < ranks.size(); ++r)
      bounds.push_back(bounds.back() + (r + 1 == ranks.size() ? 0 : step * (r + 1)));
    Bytes whole(static_cast<size_t>(bounds.back()));
    const auto fill = [&](Bytes& bytes, int r) {
      for (int64_t i = bounds[r]; i < bounds[r + 1]; ++i) bytes[i] = static_cast<std::byte>(r + 1 + i % 13);
    };
    fill(whole, ranks.rank());
    const auto ticket = ranks.begin_gather(whole.data(), bounds);
    EXPECT(ticket);
    EXPECT(ranks.wait(*ticket));
    Bytes expected(whole.size());
    for (int r = 0; r < ranks.size(); ++r) fill(expected, r);
    EXPECT(whole == expected);
  }
}

void broadcast_and_compare(Communicator& ranks) {
  for (int root = 0; root < ranks.size(); ++root) {
    Bytes bytes = ranks.rank() == root ? message(root, 0, 0, 12345) : Bytes(12345);
    EXPECT(ranks.broadcast(bytes, root));
    EXPECT(bytes == message(root, 0, 0, 12345));
  }
  const auto most = ranks.max((ranks.rank() * 5) % 7 - 9);
  int64_t expected = -9;
  for (int r = 0; r < ranks.size(); ++r) expected = std::max<int64_t>(expected, (r * 5) % 7 - 9);
  EXPECT(most && *most == expected);
}

void agree_on_errors(Communicator& ranks) {
  const auto texts = share(ranks, std::string(static_cast<size_t>(ranks.rank()) * 3, 'x'));
  EXPECT(texts && std::ssize(*texts) == ranks.size());
  for (int r = 0; r < ranks.size(); ++r) EXPECT((*texts)[r] == std::string(static_cast<size_t>(r) * 3, 'x'));
  EXPECT(agree(&ranks, {}));
  const int bad = ranks.size() - 1;
  Status mine;
  if (ranks.rank() == bad) mine = fail_with_hint("here", "no\nmore \"space\" \xff", "clean up");
  const Status all = agree(&ranks, mine);
  EXPECT(!all && all.error().where == "here" && all.error().hint == "clean up");
  EXPECT(all.error().message.find("no\nmore \"space\"") != std::string::npos);
  EXPECT(bad == 0 || all.error().message.starts_with(fmt::format("rank {} (", bad)));
  const Status same = agree(&ranks, fail("here", "no"));
  EXPECT(!same && same.error().message == "no");
  EXPECT(check_alike(ranks, {{"the models", "a", ""}, {"the data", "b", ""}}));
  const Status differs =
      check_alike(ranks, {{"the models", "a", ""}, {"the data", ranks.rank() == bad ? "c" : "b", "copy"}});
  EXPECT(ranks.size() == 1 || (!differs && differs.error().where.starts_with(fmt::format("rank {} (", bad))));
  EXPECT(ranks.size() == 1 || differs.error().message.find("the data differ") != std::string::npos);
}

Communicator::Ticket begin_to_send(Communicator& ranks, int to, Bytes& bytes) {
  const Communicator::Transfer whole{to, bytes.data(), std::ssize(bytes)};
  const auto ticket = ranks.begin_exchange({&whole, 1}, {});
  EXPECT(ticket);
  return *ticket;
}

Communicator::Ticket begin_to_receive(Communicator& ranks, int from, Bytes& bytes) {
  const Communicator::Transfer whole{from, bytes.data(), std::ssize(bytes)};
  const auto ticket = ranks.begin_exchange({}, {&whole, 1});
  EXPECT(ticket);
  return *ticket;
}

// Who is waited for in vain is named, where nothing watches. It sends when it hears that it has been named.
void name_who_is_late(LaunchedCommunicator& ranks) {
  const int late = ranks.size() - 1;
  Bytes named(1), awaited(4000);
  if (ranks.rank() == 0) {
    const auto ticket = begin_to_receive(ranks, late, awaited);
    ranks.set_timeout(100ms);
    const Status status = ranks.wait(ticket);
    EXPECT(!status && status.error().where == fmt::format("rank {}", late));
    ranks.set_timeout({});
    EXPECT(ranks.wait(begin_to_send(ranks, late, named)));
    EXPECT(ranks.wait(ticket));
  }
  if (ranks.rank() == late) {
    EXPECT(ranks.wait(begin_to_receive(ranks, 0, named)));
    EXPECT(ranks.wait(begin_to_send(ranks, 0, awaited)));
  }
  EXPECT(ranks.max(0));
}

std::vector<std::string> names(int count) {
  std::vector<std::string> names;
  for (int r = 0; r < count; ++r) names.push_back(fmt::format("rank {}", r));
  return names;
}

// One ends with an error that the others do not have.
void hear_of_an_error(Communicator& ranks) {
  for (const int bad : {0, ranks.size() - 1}) {
    const auto line = Lifeline::connect(ranks, names(ranks.size()));
    EXPECT(line && *line);
    std::optional<Lifeline::Loss> loss;
    if (ranks.rank() == bad) loss = (*line)->end(Error{"file", "is gone", "look"});
    while (!loss) loss = (*line)->lost();
    EXPECT(loss->rank == bad && loss->is_told == (bad == 0));
    EXPECT(loss->error.where == "file" && loss->error.message.find("is gone") != std::string::npos);
    EXPECT(ranks.max(0));
  }
}

void end_together(Communicator& ranks) {
  const auto line = Lifeline::connect(ranks, names(ranks.size()));
  EXPECT(line && *line);
  std::this_thread::sleep_for(ranks.rank() * 50ms);
  EXPECT(!(*line)->end(std::nullopt));
}

void run(int size) {
  for (const MpiOptions& options : {MpiOptions{}, MpiOptions{1, 1000}, MpiOptions{16, 1 << 30, 512, 4000, false}}) {
    MpiCommunicator ranks(options);
    EXPECT(ranks.size() == size);
    exchange_between_all(ranks);
    gather_uneven_parts(ranks);
    broadcast_and_compare(ranks);
    agree_on_errors(ranks);
  }
  MpiCommunicator ranks(MpiOptions{});
  if (size == 1) return;
  end_together(ranks);
  name_who_is_late(ranks);
  hear_of_an_error(ranks);
}

}  // namespace
}  // namespace minnow

int main(int, char** argv) {
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
  minnow::run(std::atoi(argv[1]));
  MPI_Finalize();
  return 0;
}

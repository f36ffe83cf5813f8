#include "runtime/division/division.h"

#include <algorithm>
#include <map>

#include "runtime/division/choose_division.h"

namespace minnow {
namespace {

// Messages below this size are sent with others where these can wait for them.
constexpr int64_t kBytesOfBundle = 64 << 10;

struct Transfer {
  int from = 0, to = 0;
  size_t memory = 0;
  ByteRange bytes;
};

// Of all ranks. Begun when step `after` is done, waited for before step `before`.
struct Crossing {
  int after = 0, before = 0;
  std::vector<Transfer> transfers;
  int64_t bytes = 0;
};

bool overlaps(const std::vector<Touch>& some, const std::vector<Touch>& others) {
  return std::ranges::any_of(some, [&](const Touch& a) {
    return std::ranges::any_of(
        others, [&](const Touch& b) { return a.memory == b.memory && !common(a.bytes, b.bytes).empty(); });
  });
}

// Goes through the tasks as all ranks do, and keeps track of who has what.
class Planner {
 public:
  Planner(const CompiledFunction& compiled, int ranks, const DivideOptions& options)
      : shares_(compiled, ranks), tasks_(shares_.take_tasks()), choose_(tasks_, ranks), ranks_(ranks),
        options_(options), held_(shares_.memories().size(), HeldBytes(all_ranks(ranks))) {
    MINNOW_CHECK(ranks <= kMostRanks, "{} ranks", ranks);
    plan();
  }

  Division of_rank(int rank) const;

 private:
  // Where the sums of a loop are added up waits for who needs the result: until then they may cross the network.
  void plan() {
    for (size_t i = 0; i < tasks_.size(); ++i) {
      if (tasks_[i].is_finish) {
        postponed_.push_back(i);
        continue;
      }
      run_postponed(tasks_[i]);
      run(i);
    }
    bundle();
  }

  struct Run {
    size_t task = 0;
    bool is_divided = false;
  };

  void run_postponed(const Task& next);
  void run(size_t task);
  void fetch(const Task& task, bool is_divided);
  void write(const Task& task, bool is_divided);
  int sender(const HeldBytes::Stretch& stretch, int to) const;
  void bundle();
  void add_step(Division& division, const Run& run) const;
  std::vector<ByteRanges> reads_of(int rank) const;
  void add_exchanges(Division& division, std::vector<std::vector<size_t>>& begun,
                     std::vector<std::vector<size_t>>& awaited) const;

  Shares shares_;
  const std::vector<Task> tasks_;
  const ChooseDivision choose_;
  const int ranks_;
  const DivideOptions options_;
  std::vector<HeldBytes> held_;
  std::vector<size_t> postponed_;
  std::vector<Run> runs_;
  std::vector<Crossing> crossings_;
};

void Planner::run_postponed(const Task& next) {
  std::vector<size_t> waiting;
  for (const size_t i : std::exchange(postponed_, {})) {
    const Share& whole = tasks_[i].whole;
    const bool is_needed = next.kind == Task::Kind::kEnd || overlaps(whole.writes, next.whole.reads) ||
                           overlaps(whole.writes, next.whole.writes) || overlaps(whole.reads, next.whole.writes);
    if (is_needed) run(i);
    else waiting.push_back(i);
  }
  postponed_ = std::move(waiting);
}

void Planner::run(size_t index) {
  const Task& task = tasks_[index];
  const bool is_divided = options_.divides_all ? !task.divided.empty() : choose_.is_worth_dividing(index, held_);
  fetch(task, is_divided);
  write(task, is_divided);
  runs_.push_back({index, is_divided});
}

// Of those that have computed it, the next one.
int Planner::sender(const HeldBytes::Stretch& stretch, int to) const {
  for (int i = 1; i < ranks_; ++i)
    if (const int rank = (to + i) % ranks_; (stretch.writers >> rank & 1) != 0) return rank;
  return to;
}

void Planner::fetch(const Task& task, bool is_divided) {
  const int now = static_cast<int>(runs_.size());
  std::map<int, Crossing> by_writer;
  for (int rank = 0; rank < ranks_; ++rank) {
    const Share& share = is_divided ? task.divided[static_cast<size_t>(rank)] : task.whole;
    for (const Touch& touch : share.reads) {
      std::vector<ByteRange> fetched;
      for (const ByteRange& range : touch.bytes)
        held_[touch.memory].for_each(range, [&](const ByteRange& part, const HeldBytes::Stretch& stretch) {
          if ((stretch.holders >> rank & 1) != 0) return;
          Crossing& crossing = by_writer[stretch.step];
          crossing.transfers.push_back({sender(stretch, rank), rank, touch.memory, part});
          crossing.bytes += part.bytes();
          fetched.push_back(part);
        });
      for (const ByteRange& part : fetched) held_[touch.memory].add_holder(part, rank);
    }
  }
  for (auto& [writer, crossing] : by_writer) {
    crossing.after = writer;
    crossing.before = now;
    crossings_.push_back(std::move(crossing));
  }
}

void Planner::write(const Task& task, bool is_divided) {
  const int now = static_cast<int>(runs_.size());
  const auto set = [&](const Share& share, RankSet by) {
    for (const Touch& touch : share.writes)
      for (const ByteRange& range : touch.bytes) held_[touch.memory].set(range, {by, by, now});
  };
  for (const Touch& touch : task.whole.scratch)
    for (const ByteRange& range : touch.bytes)
      held_[touch.memory].set(range, {all_ranks(ranks_), all_ranks(ranks_), now});
  if (!is_divided) return set(task.whole, all_ranks(ranks_));
  for (int rank = 0; rank < ranks_; ++rank) set(task.divided[static_cast<size_t>(rank)], RankSet{1} << rank);
}

// What is small goes together, where that is begun before any of it is needed.
void Planner::bundle() {
  std::vector<Crossing> bundled;
  for (Crossing& crossing : crossings_) {
    const bool fits = !bundled.empty() &&
                      std::max(bundled.back().after, crossing.after) < std::min(bundled.back().before, crossing.before);
    const bool is_small = fits && std::max(bundled.back().bytes, crossing.bytes) < kBytesOfBundle * ranks_;
    if (!is_small) {
      bundled.push_back(std::move(crossing));
      continue;
    }
    Crossing& bundle = bundled.back();
    bundle.after = std::max(bundle.after, crossing.after);
    bundle.before = std::min(bundle.before, crossing.before);
    bundle.bytes += crossing.bytes;
    bundle.transfers.insert(bundle.transfers.end(), crossing.transfers.begin(), crossing.transfers.end());
  }
  crossings_ = std::move(bundled);
}

// A message for each peer, whose parts lie in the order of memory on both sides.
std::vector<Exchange::Message> messages(const std::vector<Transfer>& transfers, int rank, bool is_sent) {
  std::map<std::pair<int, size_t>, std::vector<ByteRange>> ranges;
  for (const Transfer& transfer : transfers)
    if ((is_sent ? transfer.from : transfer.to) == rank)
      ranges[{is_sent ? transfer.to : transfer.from, transfer.memory}].push_back(transfer.bytes);
  std::vector<Exchange::Message> made;
  for (auto& [key, bytes] : ranges) {
    const auto& [peer, memory] = key;
    if (made.empty() || made.back().peer != peer) made.push_back({peer, {}, 0});
    made.back().parts.push_back({memory, joined(std::move(bytes))});
    made.back().bytes += total_bytes(made.back().parts.back().bytes);
  }
  return made;
}

void Planner::add_exchanges(Division& division, std::vector<std::vector<size_t>>& begun,
                            std::vector<std::vector<size_t>>& awaited) const {
  for (const Crossing& crossing : crossings_) {
    Exchange exchange{messages(crossing.transfers, division.rank, true),
                      messages(crossing.transfers, division.rank, false)};
    if (exchange.sends.empty() && exchange.receives.empty()) continue;
    for (const auto& message : exchange.sends) division.cost.sent += message.bytes;
    for (const auto& message : exchange.receives) division.cost.received += message.bytes;
    ++division.cost.exchanges;
    begun[static_cast<size_t>(crossing.after)].push_back(division.exchanges.size());
    awaited[static_cast<size_t>(crossing.before)].push_back(division.exchanges.size());
    division.exchanges.push_back(std::move(exchange));
  }
}

DividedStep::Kind kind_of(const Task& task) {
  switch (task.kind) {
    case Task::Kind::kKernel: return DividedStep::Kind::kKernel;
    case Task::Kind::kLoop: return DividedStep::Kind::kLoop;
    case Task::Kind::kZero: return DividedStep::Kind::kZero;
    case Task::Kind::kCopy: return DividedStep::Kind::kCopy;
    case Task::Kind::kSequence:
    case Task::Kind::kEnd: break;
  }
  return DividedStep::Kind::kSequence;
}

void Planner::add_step(Division& division, const Run& run) const {
  using Kind = DividedStep::Kind;
  const Task& task = tasks_[run.task];
  if (task.kind == Task::Kind::kEnd) return;
  const auto rank = static_cast<size_t>(division.rank);
  const Share& share = run.is_divided ? task.divided[rank] : task.whole;
  const Kind kind = kind_of(task);
  DividedStep step{kind, task.index, task.target, share.begin, share.end, task.settings, {}, task.seconds};
  if (run.is_divided) step.seconds /= ranks_;
  for (size_t other = 0; run.is_divided && options_.keeps_foreign && other < task.divided.size(); ++other)
    if (other != rank)
      step.foreign.insert(step.foreign.end(), task.divided[other].writes.begin(), task.divided[other].writes.end());
  division.cost.seconds_alone += task.seconds;
  if (run.is_divided) division.cost.seconds_divided += task.seconds;
  const bool is_idle = (kind == Kind::kKernel || kind == Kind::kLoop) && share.begin == share.end;
  if (!is_idle || !step.settings.empty() || !step.foreign.empty()) division.steps.push_back(std::move(step));
}

// The end computes nothing: what it reads has to be there, and is.
std::vector<ByteRanges> Planner::reads_of(int rank) const {
  std::vector<std::vector<ByteRange>> reads(shares_.memories().size());
  for (const Run& run : runs_) {
    const Task& task = tasks_[run.task];
    if (task.kind == Task::Kind::kEnd) continue;
    const Share& share = run.is_divided ? task.divided[static_cast<size_t>(rank)] : task.whole;
    for (const Touch& touch : share.reads)
      reads[touch.memory].insert(reads[touch.memory].end(), touch.bytes.begin(), touch.bytes.end());
  }
  std::vector<ByteRanges> all;
  for (std::vector<ByteRange>& ranges : reads) all.push_back(joined(std::move(ranges)));
  return all;
}

Division Planner::of_rank(int rank) const {
  Division division;
  division.rank = rank;
  division.ranks = ranks_;
  division.memories = shares_.memories();
  division.reads = reads_of(rank);
  std::vector<std::vector<size_t>> begun(runs_.size()), awaited(runs_.size());
  add_exchanges(division, begun, awaited);
  uint64_t hash = 14695981039346656037U;  // FNV-1a
  const auto mix = [&](uint64_t number) { hash = (hash ^ number) * 1099511628211U; };
  for (size_t i = 0; i < runs_.size(); ++i) {
    for (const size_t exchange : awaited[i]) division.steps.push_back({DividedStep::Kind::kWait, exchange});
    add_step(division, runs_[i]);
    for (const size_t exchange : begun[i]) division.steps.push_back({DividedStep::Kind::kBegin, exchange});
    mix(runs_[i].task * 2 + (runs_[i].is_divided ? 1 : 0));
  }
  for (const Crossing& crossing : crossings_)
    for (const Transfer& transfer : crossing.transfers)
      for (const int64_t number :
           {int64_t{transfer.from}, int64_t{transfer.to}, transfer.bytes.begin, transfer.bytes.end})
        mix(static_cast<uint64_t>(number));
  division.fingerprint = static_cast<int64_t>(hash >> 2);
  return division;
}

}  // namespace

ByteRanges Division::reads_of_parameter(int index) const {
  for (size_t i = 0; i < memories.size(); ++i)
    if (memories[i].kind == Memory::Kind::kParameter && memories[i].index == index) return reads[i];
  return {};
}

Division divide(const CompiledFunction& compiled, int rank, int ranks, const DivideOptions& options) {
  return Planner(compiled, ranks, options).of_rank(rank);
}

Division division_of_busiest(const CompiledFunction& compiled, int ranks) {
  const Planner planner(compiled, ranks, {});
  Division busiest = planner.of_rank(0);
  for (int rank = 1; rank < ranks; ++rank)
    if (Division other = planner.of_rank(rank); other.cost.received > busiest.cost.received) busiest = std::move(other);
  return busiest;
}

}  // namespace minnow

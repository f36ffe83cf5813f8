#include "passes/plan_memory.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <unordered_set>
#include <utility>

#include "ir/loop.h"
#include "ir/steps.h"
#include "ir/walk.h"
#include "passes/group/outline.h"

namespace minnow {
namespace {

// How many pairs of buffers are compared in search of a better layout: less than half a second.
constexpr size_t kMaxPairs = size_t{1} << 27;

// Within a fused body: does `root` reach the results through elementwise ops of one shape alone?
bool stays_at_index(const Value* root, const UseMap& uses, const Shape& shape) {
  bool stays = true;
  visit_each_once<const Value*>({root}, [&](const Value* value, const auto& reach) {
    stays &= value->type.shape == shape;
    for (const Op* user : uses.users(value)) {
      stays &= has_trait(user->kind, kElementwise);
      if (stays) reach(user->result());
    }
  });
  return stays;
}

}  // namespace

bool reads_at_written_index(const Op& op, const Value* operand) {
  if (operand->type.shape != op.type().shape) return false;
  if (has_trait(op.kind, kElementwise)) return true;
  if (op.kind != OpKind::kFused || op.attr<FusedAttributes>().kind == FusionKind::kRow) return false;
  const UseMap uses(*op.body);
  for (size_t i = 0; i < op.operands.size(); ++i)
    if (op.operands[i] == operand && !stays_at_index(op.body->parameters()[i].get(), uses, op.type().shape))
      return false;
  return true;
}

namespace {

// Bytes shared by one or several values, or needed by a loop.
struct Buffer {
  std::vector<const Value*> values;
  const Op* loop = nullptr;
  int64_t bytes = 0;
  int first = 0, last = 0;
  int64_t offset = 0;

  bool is_live_with(const Buffer& other) const { return first <= other.last && other.first <= last; }
};

// The bytes of an arena that no live buffer has, between those that have some.
class FreeSpace {
 public:
  // The tightest gap, the lowest of those alike, or behind all. Answers where.
  int64_t take(int64_t bytes) {
    const auto tightest = by_size_.lower_bound({bytes, 0});
    if (tightest == by_size_.end()) return std::exchange(end_, end_ + bytes);
    const auto [size, offset] = *tightest;
    remove(gaps_.find(offset));
    if (size > bytes) add(offset + bytes, size - bytes);
    return offset;
  }

  void release(int64_t offset, int64_t bytes) {
    const auto after = gaps_.find(offset + bytes);
    if (after != gaps_.end()) bytes += remove(after);
    const auto behind = gaps_.lower_bound(offset);
    if (behind != gaps_.begin() && std::prev(behind)->first + std::prev(behind)->second == offset) {
      offset = std::prev(behind)->first;
      bytes += remove(std::prev(behind));
    }
    if (offset + bytes == end_) end_ = offset;
    else add(offset, bytes);
  }

 private:
  using Gaps = std::map<int64_t, int64_t>;  // size by offset

  void add(int64_t offset, int64_t size) {
    if (size == 0) return;
    gaps_[offset] = size;
    by_size_.insert({size, offset});
  }
  int64_t remove(Gaps::iterator gap) {
    const int64_t size = gap->second;
    by_size_.erase({size, gap->first});
    gaps_.erase(gap);
    return size;
  }

  Gaps gaps_;
  std::set<std::pair<int64_t, int64_t>> by_size_;  // size, offset
  int64_t end_ = 0;
};

// The most that is live at once, from what each position adds to it.
int64_t largest_sum(const std::map<int, int64_t>& changes) {
  int64_t sum = 0;
  int64_t largest = 0;
  for (const auto& [position, change] : changes) largest = std::max(largest, sum += change);
  return largest;
}

class Planner {
 public:
  Planner(const Function& function, Remarks* remarks) : function_(function), graph_(function), remarks_(remarks) {}
  MemoryPlan run();

 private:
  void choose_homes();
  void order_copies(std::vector<size_t> copies);
  bool can_update_in_place(const Value* value, const Value* parameter) const;
  void make_buffers();
  void add_loop(const Op& loop);
  Buffer* shareable_buffer(const Op& op, const Value* result);
  bool can_overwrite(const Op& op, const Value* operand, const Value* result) const;
  int last_use(const Value* value) const;
  int64_t place(const std::vector<size_t>& order);
  int64_t place_in_program_order();
  static size_t pairs_of(const std::vector<size_t>& order) { return order.size() * order.size() / 2; }
  void improve(std::vector<size_t> order, std::vector<size_t>& best);
  int64_t largest_live_sum() const;
  void lay_out();
  void say(const Value* value, std::string text) {
    if (remarks_ != nullptr) remarks_->say(value, std::move(text));
  }
  void remark_on_buffers();

  const Function& function_;
  const OpGraph graph_;
  Remarks* remarks_;
  MemoryPlan plan_;
  std::unordered_set<const Value*> copied_;  // read by needs_copy, so live to the end
  std::vector<Buffer> buffers_;
  std::unordered_map<const Value*, size_t> buffer_of_;
  size_t pairs_left_ = kMaxPairs;
};

int Planner::last_use(const Value* value) const {
  int last = graph_.position(value->op);
  for (const Op* user : graph_.uses().users(value)) last = std::max(last, graph_.position(user));
  return copied_.contains(value) ? graph_.size() : last;
}

// The old value must have been read, and must not be a result of its own.
bool Planner::can_update_in_place(const Value* value, const Value* parameter) const {
  if (!value->op || value->op->kind == OpKind::kConstant || value->type != parameter->type) return false;
  if (graph_.uses().is_result(parameter)) return false;
  const int written = graph_.position(value->op);
  return std::ranges::all_of(graph_.uses().users(parameter), [&](const Op* reader) {
    return graph_.position(reader) < written || (reader == value->op && reads_at_written_index(*reader, parameter));
  });
}

void Planner::choose_homes() {
  const auto& results = function_.results();
  std::vector<size_t> copies_of_values, copies_of_parameters;
  for (size_t i = 0; i < results.size(); ++i) {
    const Value* value = results[i].value;
    const Value* parameter = function_.replaced_parameter(results[i]);
    const bool is_computed = value->op && value->op->kind != OpKind::kConstant;
    const bool has_home = plan_.in_place.contains(value) || plan_.outputs.contains(value);
    if (value == parameter) continue;
    if (is_computed && !has_home && parameter && can_update_in_place(value, parameter)) {
      plan_.in_place[value] = parameter;
      say(value, fmt::format("written over {}, which no later op reads", parameter->name));
    } else if (is_computed && !has_home && !parameter && !copied_.contains(value)) {
      plan_.outputs[value] = i;
      say(value, fmt::format("written to result {} {}", i, results[i].name));
    } else {
      (value->op ? copies_of_values : copies_of_parameters).push_back(i);
      copied_.insert(value);
      say(value, fmt::format("copied to {} in the end: it {}", results[i].name,
                             !is_computed ? "is not computed here"
                             : has_home   ? "is returned twice"
                             : parameter  ? "is a new value while the old one is still read"
                                          : "has another home"));
    }
  }
  // Parameters returned under another name first, before a copy overwrites them.
  order_copies(std::move(copies_of_parameters));
  for (const size_t i : copies_of_values) plan_.needs_copy.push_back({i});
}

// What overwrites a parameter comes behind all that copy it. Where each waits for another, every one overwrites what
// exactly one other copies: a ring.
void Planner::order_copies(std::vector<size_t> copies) {
  const auto& results = function_.results();
  const auto reader_of_target = [&](size_t i) {
    const Value* target = function_.replaced_parameter(results[i]);
    return std::ranges::find_if(copies, [&](size_t other) { return other != i && results[other].value == target; });
  };
  while (!copies.empty()) {
    const auto free = std::ranges::find_if(copies, [&](size_t i) { return reader_of_target(i) == copies.end(); });
    std::vector<size_t> together = {free == copies.end() ? copies.front() : *free};
    if (free == copies.end())
      for (size_t next = *reader_of_target(together[0]); next != together[0]; next = *reader_of_target(next))
        together.push_back(next);
    for (const size_t i : together) std::erase(copies, i);
    plan_.needs_copy.push_back(std::move(together));
  }
}

// Nothing else in the operand's buffer is wanted, during the op or after it.
bool Planner::can_overwrite(const Op& op, const Value* operand, const Value* result) const {
  const size_t index = buffer_of_.at(operand);
  const bool dies_here = buffers_[index].last == graph_.position(&op);
  const bool is_taken = buffers_[index].values.back()->op == &op;  // by another result
  if (!dies_here || is_taken || operand->type != result->type) return false;
  return std::ranges::all_of(op.operands, [&](const Value* read) {
    const auto known = buffer_of_.find(read);
    return known == buffer_of_.end() || known->second != index || reads_at_written_index(op, read);
  });
}

// A contraction shares nothing: it may gather its sums in the result.
Buffer* Planner::shareable_buffer(const Op& op, const Value* result) {
  if (op.kind == OpKind::kFused && op.attr<FusedAttributes>().kind == FusionKind::kContraction) return nullptr;
  for (const Value* operand : op.operands) {
    const auto known = buffer_of_.find(operand);
    if (known == buffer_of_.end()) continue;
    if (op.kind != OpKind::kReshape && !can_overwrite(op, operand, result)) continue;
    plan_.shares_operand[result] = operand;
    say(result, op.kind == OpKind::kReshape
                    ? "has its operand's bytes: a reshape moves nothing"
                    : "written over an operand, which dies here and is read only at the index written");
    return &buffers_[known->second];
  }
  return nullptr;
}

void Planner::add_loop(const Op& loop) {
  auto body = std::make_shared<const MemoryPlan>(plan_memory(*loop.body, remarks_));
  int64_t bytes = aligned(body->arena_bytes);
  for (const size_t result : loop_buffers(loop)) bytes += aligned(loop.result(result)->type.bytes());
  const int position = graph_.position(&loop);
  plan_.loops[&loop].body = std::move(body);
  buffers_.push_back({{}, &loop, bytes, position, position, 0});
}

void Planner::make_buffers() {
  for (const auto& op : function_.ops()) {
    if (op->kind == OpKind::kConstant) continue;
    if (is_sequential_loop(*op)) add_loop(*op);
    for (const auto& owned : op->results) {
      const Value* value = owned.get();
      if (plan_.in_place.contains(value) || plan_.outputs.contains(value)) continue;
      if (Buffer* buffer = shareable_buffer(*op, value)) {
        buffer->values.push_back(value);
        buffer->last = std::max(buffer->last, last_use(value));
        buffer_of_[value] = static_cast<size_t>(buffer - buffers_.data());
        continue;
      }
      buffer_of_[value] = buffers_.size();
      buffers_.push_back(
          {{value}, nullptr, aligned(value->type.bytes()), graph_.position(op.get()), last_use(value), 0});
    }
  }
}

// Places buffers in the given order, each into the tightest gap between those it is live with; returns the
// arena's size.
int64_t Planner::place(const std::vector<size_t>& order) {
  std::vector<const Buffer*> placed;  // by offset
  int64_t arena = 0;
  count_steps(pairs_of(order));
  for (const size_t index : order) {
    Buffer& buffer = buffers_[index];
    int64_t free_from = 0;
    int64_t best_gap = -1;
    for (const Buffer* other : placed) {
      if (!buffer.is_live_with(*other)) continue;
      const int64_t gap = other->offset - free_from;
      if (gap >= buffer.bytes && (best_gap < 0 || gap < best_gap)) {
        best_gap = gap;
        buffer.offset = free_from;
      }
      free_from = std::max(free_from, other->offset + other->bytes);
    }
    if (best_gap < 0) buffer.offset = free_from;
    arena = std::max(arena, buffer.offset + buffer.bytes);
    placed.insert(std::ranges::upper_bound(placed, buffer.offset, {}, &Buffer::offset), &buffer);
  }
  return arena;
}

// The same in program order, where those that are live are known without a search.
int64_t Planner::place_in_program_order() {
  FreeSpace space;
  std::multimap<int, const Buffer*> live;  // by the position of their last use
  int64_t arena = 0;
  for (Buffer& buffer : buffers_) {
    count_steps();
    for (; !live.empty() && live.begin()->first < buffer.first; live.erase(live.begin()))
      space.release(live.begin()->second->offset, live.begin()->second->bytes);
    buffer.offset = space.take(buffer.bytes);
    arena = std::max(arena, buffer.offset + buffer.bytes);
    live.emplace(buffer.last, &buffer);
  }
  return arena;
}

void Planner::lay_out() {
  std::vector<size_t> in_program_order(buffers_.size());
  std::iota(in_program_order.begin(), in_program_order.end(), 0);
  const auto sorted = [&](auto weight) {
    std::vector<size_t> order = in_program_order;
    std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return weight(buffers_[i]); });
    return order;
  };
  const auto duration = [](const Buffer& buffer) { return int64_t{buffer.last} - buffer.first + 1; };
  const std::vector<std::vector<size_t>> orders = {
      sorted([](const Buffer& buffer) { return buffer.bytes; }),
      sorted([&](const Buffer& buffer) { return duration(buffer); }),
      sorted([&](const Buffer& buffer) {
        return static_cast<double>(buffer.bytes) * static_cast<double>(duration(buffer));
      }),
      in_program_order,
  };
  std::vector<size_t> best;
  plan_.arena_bytes = place_in_program_order();
  for (const auto& order : orders) improve(order, best);
  if (!best.empty()) place(best);
  else place_in_program_order();
}

// Places the buffer that sticks out of the arena first, again and again, and keeps the best order seen.
void Planner::improve(std::vector<size_t> order, std::vector<size_t>& best) {
  constexpr int kRounds = 50;
  const int64_t bound = largest_live_sum();
  for (int round = 0; round < kRounds && plan_.arena_bytes > bound; ++round) {
    if (pairs_of(order) > pairs_left_) return;
    pairs_left_ -= pairs_of(order);
    const int64_t arena = place(order);
    if (arena < plan_.arena_bytes) {
      plan_.arena_bytes = arena;
      best = order;
    }
    const auto top =
        std::ranges::find_if(order, [&](size_t i) { return buffers_[i].offset + buffers_[i].bytes == arena; });
    if (top == order.end()) return;
    std::rotate(order.begin(), top, std::next(top));
  }
}

int64_t Planner::largest_live_sum() const {
  std::map<int, int64_t> changes;  // of the bytes that are live, by position
  for (const Buffer& buffer : buffers_) {
    changes[buffer.first] += buffer.bytes;
    changes[buffer.last + 1] -= buffer.bytes;
  }
  return largest_sum(changes);
}

// Of each: its place, from when to when it is live, and who has the same bytes at other times.
void Planner::remark_on_buffers() {
  if (remarks_ == nullptr) return;
  for (const Buffer& buffer : buffers_) {
    if (buffer.loop != nullptr) {
      say(buffer.loop->result(), fmt::format("arena bytes {} to {} for an iteration, live in op {}", buffer.offset,
                                             buffer.offset + buffer.bytes, buffer.first));
      continue;
    }
    int others = 0;
    for (const Buffer& other : buffers_)
      if (&other != &buffer && other.loop == nullptr && other.offset < buffer.offset + buffer.bytes &&
          buffer.offset < other.offset + other.bytes) {
        ++others;
        remarks_->say(buffer.values[0], other.values[0],
                      fmt::format("share bytes {} to {}: live in ops {} to {}, and {} to {}",
                                  std::max(buffer.offset, other.offset),
                                  std::min(buffer.offset + buffer.bytes, other.offset + other.bytes), buffer.first,
                                  buffer.last, other.first, other.last));
      }
    for (const Value* value : buffer.values)
      say(value, fmt::format("arena bytes {} to {}, live in ops {} to {}{}", buffer.offset,
                             buffer.offset + buffer.bytes, graph_.position(value->op), last_use(value),
                             others == 0 && buffer.values.size() == 1 ? ", shared with none" : ""));
  }
}

MemoryPlan Planner::run() {
  choose_homes();
  make_buffers();
  lay_out();
  remark_on_buffers();
  for (const Buffer& buffer : buffers_) {
    if (buffer.loop != nullptr)
      plan_.loops[buffer.loop].slot = {buffer.offset, buffer.bytes, buffer.first, buffer.last};
    for (const Value* value : buffer.values)
      plan_.slots[value] = {buffer.offset, buffer.bytes, graph_.position(value->op), last_use(value)};
  }
  return std::move(plan_);
}

}  // namespace

std::vector<size_t> loop_buffers(const Op& loop) {
  const auto& attributes = loop.attr<LoopAttributes>();
  std::vector<size_t> results;
  for (size_t i = 0; i < loop.results.size(); ++i) {
    const bool takes_turns = is_last(attributes, i) && attributes.count > 1 && !stacked_with(loop, i);
    if (takes_turns || is_summed(attributes, i)) results.push_back(i);
  }
  return results;
}

MemoryPlan plan_memory(const Function& function, Remarks* remarks) { return Planner(function, remarks).run(); }

// Values that share a buffer are live one after the other, each until the next.
int64_t peak_live_bytes(const MemoryPlan& plan) {
  std::vector<MemoryPlan::Slot> slots;
  for (const auto& [value, slot] : plan.slots) slots.push_back(slot);
  for (const auto& [loop, planned] : plan.loops) slots.push_back(planned.slot);
  std::ranges::sort(slots, {}, [](const auto& slot) { return std::pair(slot.offset, slot.first); });
  std::map<int, int64_t> changes;
  for (size_t i = 0; i < slots.size();) {
    MemoryPlan::Slot joined = slots[i++];
    for (; i < slots.size() && slots[i].offset == joined.offset && slots[i].first <= joined.last; ++i) {
      joined.last = std::max(joined.last, slots[i].last);
      joined.bytes = std::max(joined.bytes, slots[i].bytes);
    }
    changes[joined.first] += joined.bytes;
    changes[joined.last + 1] -= joined.bytes;
  }
  return largest_sum(changes);
}

}  // namespace minnow

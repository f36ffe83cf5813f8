#include "passes/plan_memory.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "ir/loop.h"
#include "ir/walk.h"
#include "passes/arena_layout.h"
#include "passes/group/outline.h"
#include "passes/plan_scratch.h"

namespace minnow {
namespace {

// Whose bytes a live range is: those of values that share them, or a loop's.
struct Buffer {
  std::vector<const Value*> values;
  const Op* loop = nullptr;
  bool has_parts = false;  // that lie beside each other
};

class Planner {
 public:
  struct Options {
    bool is_block = false;                  // the body of a loop over blocks
    std::span<const int64_t> scratch = {};  // by op; empty: none
  };
  Planner(const Function& function, Remarks* remarks, Options options)
      : function_(function), graph_(function), remarks_(remarks), options_(options) {}
  MemoryPlan run();

 private:
  void choose_homes();
  void order_copies(std::vector<size_t> copies);
  bool can_update_in_place(const Value* value, const Value* parameter) const;
  void make_buffers();
  void add_loop(const Op& loop);
  void add_scratch(int position);
  void add_value(const Value* value, size_t index, int64_t offset);
  bool add_joined(const Value* value);
  MemoryPlan::Slot slot_of(const Value* value, size_t index) const;
  std::optional<size_t> shareable_buffer(const Op& op, const Value* result);
  bool can_overwrite(const Op& op, const Value* operand, const Value* result) const;
  const Value* viewed_parameter(const Value* value) const;
  bool is_read_from(const Value* parameter, const Op* writer) const;
  bool is_read_last_at(int position, const Value* value) const;
  int last_use(const Value* value) const;
  void say(const Value* value, std::string text) {
    if (remarks_ != nullptr) remarks_->say(value, std::move(text));
  }
  void remark_on_buffers();
  void remark_on_neighbours(size_t index);

  const Function& function_;
  const OpGraph graph_;
  Remarks* remarks_;
  const Options options_;
  MemoryPlan plan_;
  std::unordered_set<const Value*> copied_;  // read by needs_copy, so live to the end
  std::vector<Buffer> buffers_;
  std::vector<LiveRange> ranges_;  // of each buffer
  std::unordered_map<const Value*, size_t> buffer_of_;
  std::unordered_map<const Value*, int64_t> offsets_;  // in the buffer
};

int Planner::last_use(const Value* value) const {
  int last = graph_.position(value->op);
  for (const Op* user : graph_.uses().users(value)) last = std::max(last, graph_.position(user));
  return copied_.contains(value) ? graph_.size() : last;
}

// The parameter whose bytes a value has in another shape, or nullptr.
const Value* Planner::viewed_parameter(const Value* value) const {
  while (!options_.is_block && value->op != nullptr && value->op->kind == OpKind::kReshape &&
         !graph_.uses().is_result(value)) {
    value = value->op->operands[0];
    if (value->op == nullptr) return value;
  }
  return nullptr;
}

// Whether an op that comes no sooner than `writer` reads a parameter's bytes, but for `writer` itself at the index at
// which it writes.
bool Planner::is_read_from(const Value* parameter, const Op* writer) const {
  bool is_read = false;
  visit_each_once<const Value*>({parameter}, [&](const Value* value, const auto& reach) {
    for (const Op* reader : graph_.uses().users(value)) {
      is_read |= graph_.position(reader) >= graph_.position(writer) &&
                 !(reader == writer && reads_at_written_index(*reader, value));
      if (reader->results.size() == 1 && viewed_parameter(reader->result()) == parameter) reach(reader->result());
    }
  });
  return is_read;
}

// The old value must have been read, and must not be a result of its own.
bool Planner::can_update_in_place(const Value* value, const Value* parameter) const {
  if (!value->op || value->op->kind == OpKind::kConstant || value->type != parameter->type) return false;
  return !graph_.uses().is_result(parameter) && !is_read_from(parameter, value->op);
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

// Nobody reads what has any of the value's bytes behind this op.
bool Planner::is_read_last_at(int position, const Value* value) const {
  const size_t index = buffer_of_.at(value);
  if (!buffers_[index].has_parts) return ranges_[index].last == position;
  const auto begin = [&](const Value* other) { return offsets_.at(other); };
  const auto end = [&](const Value* other) { return offsets_.at(other) + other->type.bytes(); };
  return std::ranges::all_of(buffers_[index].values, [&](const Value* other) {
    return last_use(other) <= position || begin(other) >= end(value) || begin(value) >= end(other);
  });
}

// Nothing else in the operand's buffer is wanted, during the op or after it.
bool Planner::can_overwrite(const Op& op, const Value* operand, const Value* result) const {
  const size_t index = buffer_of_.at(operand);
  const bool is_taken = buffers_[index].values.back()->op == &op;  // by another result
  if (!is_read_last_at(graph_.position(&op), operand) || is_taken || operand->type != result->type) return false;
  return std::ranges::all_of(op.operands, [&](const Value* read) {
    const auto known = buffer_of_.find(read);
    return known == buffer_of_.end() || known->second != index || reads_at_written_index(op, read);
  });
}

// A contraction shares nothing: it may gather its sums in the result.
std::optional<size_t> Planner::shareable_buffer(const Op& op, const Value* result) {
  if (op.kind == OpKind::kFused && op.attr<FusedAttributes>().kind == FusionKind::kContraction) return std::nullopt;
  for (const Value* operand : op.operands) {
    const auto known = buffer_of_.find(operand);
    if (known == buffer_of_.end()) continue;
    if (op.kind != OpKind::kReshape && !can_overwrite(op, operand, result)) continue;
    plan_.shares_operand[result] = operand;
    say(result, op.kind == OpKind::kReshape
                    ? "has its operand's bytes: a reshape moves nothing"
                    : "written over an operand, which dies here and is read only at the index written");
    return known->second;
  }
  return std::nullopt;
}

void Planner::add_loop(const Op& loop) {
  auto body = std::make_shared<const MemoryPlan>(plan_body(loop, remarks_));
  int64_t bytes = aligned(body->arena_bytes);
  for (const size_t result : loop_buffers(loop)) bytes += aligned(loop.result(result)->type.bytes());
  const int position = graph_.position(&loop);
  plan_.loops[&loop].body = std::move(body);
  buffers_.push_back({{}, &loop});
  ranges_.push_back({bytes, position, position});
}

// Bytes of no value, while one op runs.
void Planner::add_scratch(int position) {
  const int64_t bytes = options_.scratch[static_cast<size_t>(position)];
  if (bytes == 0) return;
  buffers_.emplace_back();
  ranges_.push_back({aligned(bytes), position, position});
}

void Planner::add_value(const Value* value, size_t index, int64_t offset) {
  buffers_[index].values.push_back(value);
  ranges_[index].last = std::max(ranges_[index].last, last_use(value));
  buffer_of_[value] = index;
  offsets_[value] = offset;
}

// A part, or what has parts: the first of them makes the buffer of the whole.
bool Planner::add_joined(const Value* value) {
  const Value* whole = value;
  int64_t offset = 0;
  for (auto part = plan_.parts.find(whole); part != plan_.parts.end(); part = plan_.parts.find(whole)) {
    offset += part->second.offset;
    whole = part->second.whole;
  }
  if (whole == value && !buffer_of_.contains(value)) return false;
  const auto [place, is_new] = buffer_of_.try_emplace(whole, buffers_.size());
  if (is_new) {
    buffers_.emplace_back().has_parts = true;
    ranges_.push_back({aligned(whole->type.bytes()), graph_.position(value->op), last_use(whole)});
  }
  add_value(value, place->second, offset);
  if (whole != value) say(value, "written where a concatenation has it, which then copies nothing");
  return true;
}

void Planner::make_buffers() {
  for (const auto& op : function_.ops()) {
    if (op->kind == OpKind::kConstant) continue;
    if (is_sequential_loop(*op)) add_loop(*op);
    if (!options_.scratch.empty()) add_scratch(graph_.position(op.get()));
    for (const auto& owned : op->results) {
      const Value* value = owned.get();
      if (plan_.in_place.contains(value) || plan_.outputs.contains(value)) continue;
      if (const Value* parameter = viewed_parameter(value)) {
        plan_.views[value] = parameter;
        say(value, fmt::format("has the bytes of {}: a reshape moves nothing", parameter->name));
        continue;
      }
      if (add_joined(value)) continue;
      if (const auto shared = shareable_buffer(*op, value)) {
        add_value(value, *shared, offsets_[plan_.shares_operand.at(value)]);
        continue;
      }
      buffers_.emplace_back();
      ranges_.push_back({aligned(value->type.bytes()), graph_.position(op.get()), last_use(value)});
      add_value(value, buffers_.size() - 1, 0);
    }
  }
}

// Of each: its place, from when to when it is live, and who has the same bytes at other times.
void Planner::remark_on_buffers() {
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const LiveRange& range = ranges_[i];
    if (buffers_[i].loop != nullptr)
      say(buffers_[i].loop->result(),
          fmt::format("arena bytes {} to {} for an iteration, live in op {}", range.offset, range.end(), range.first));
    else remark_on_neighbours(i);
  }
}

void Planner::remark_on_neighbours(size_t index) {
  const Buffer& buffer = buffers_[index];
  const LiveRange& range = ranges_[index];
  bool is_shared = buffer.values.size() > 1;
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const LiveRange& other = ranges_[i];
    if (i == index || buffers_[i].loop != nullptr || other.offset >= range.end() || range.offset >= other.end())
      continue;
    is_shared = true;
    remarks_->say(
        buffer.values[0], buffers_[i].values[0],
        fmt::format("share bytes {} to {}: live in ops {} to {}, and {} to {}", std::max(range.offset, other.offset),
                    std::min(range.end(), other.end()), range.first, range.last, other.first, other.last));
  }
  for (const Value* value : buffer.values)
    say(value, fmt::format("arena bytes {} to {}, live in ops {} to {}{}", range.offset, range.end(),
                           graph_.position(value->op), last_use(value), is_shared ? "" : ", shared with none"));
}

// The whole of several parts is there from the first of them on.
MemoryPlan::Slot Planner::slot_of(const Value* value, size_t index) const {
  const LiveRange& range = ranges_[index];
  const int written = graph_.position(value->op), read = last_use(value);
  if (!buffers_[index].has_parts) return {range.offset, range.bytes, written, read};
  const int64_t offset = range.offset + offsets_.at(value), bytes = aligned(value->type.bytes());
  return {offset, bytes, bytes == range.bytes ? range.first : written, read};
}

MemoryPlan Planner::run() {
  choose_homes();
  plan_.parts = find_joined_parts(function_, options_.is_block, [this](const Value* value) {
    return plan_.in_place.contains(value) || plan_.outputs.contains(value);
  });
  make_buffers();
  plan_.arena_bytes = lay_out(ranges_);
  if (remarks_ != nullptr) remark_on_buffers();
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const LiveRange& range = ranges_[i];
    if (buffers_[i].loop != nullptr)
      plan_.loops[buffers_[i].loop].slot = {range.offset, range.bytes, range.first, range.last};
    for (const Value* value : buffers_[i].values) plan_.slots[value] = slot_of(value, i);
  }
  return std::move(plan_);
}

}  // namespace

MemoryPlan plan_memory(const Function& function, Remarks* remarks) { return Planner(function, remarks, {}).run(); }

MemoryPlan plan_body(const Op& loop, Remarks* remarks) {
  return Planner(*loop.body, remarks, {.is_block = is_block_loop(loop)}).run();
}

MemoryPlan plan_memory_with_scratch(const Function& function, std::span<const int64_t> scratch) {
  return Planner(function, nullptr, {.scratch = scratch}).run();
}

}  // namespace minnow

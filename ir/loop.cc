#include "ir/loop.h"

#include <algorithm>

namespace minnow {
namespace {

bool holds(const std::vector<int64_t>& list, size_t index) {
  return std::ranges::find(list, static_cast<int64_t>(index)) != list.end();
}

Status check_positions(std::string_view name, const std::vector<int64_t>& list, size_t count) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] < 0 || list[i] >= static_cast<int64_t>(count))
      return fail("", "{} names number {}, but there are {}", name, list[i], count);
    if (std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), list[i]) !=
        list.begin() + static_cast<std::ptrdiff_t>(i))
      return fail("", "{} names number {} twice", name, list[i]);
  }
  return {};
}

bool has_parts(const TensorType& type, int64_t count) {
  return type.rank() > 0 && type.dim(0) > 0 && type.dim(0) % count == 0;
}

TensorType part(TensorType type, int64_t count) {
  type.shape[0] /= count;
  return type;
}

Status check_lists(const LoopAttributes& loop, size_t operands, size_t results) {
  MINNOW_TRY(check_positions("split", loop.split, operands));
  MINNOW_TRY(check_positions("carry", loop.carry, operands));
  MINNOW_TRY(check_positions("sum", loop.sum, results));
  for (const int64_t operand : loop.carry)
    if (is_split(loop, static_cast<size_t>(operand))) return fail("", "operand {} is both split and carried", operand);
  if (loop.carry.size() > results)
    return fail("", "carries {} operands, but has {} results; the first are the carried operands' last values",
                loop.carry.size(), results);
  for (const int64_t result : loop.sum)
    if (is_last(loop, static_cast<size_t>(result)))
      return fail("", "result {} is a carried operand's last value and cannot be summed", result);
  return {};
}

Status check_block(const LoopAttributes& loop, std::span<const TensorType> operands,
                   std::span<const TensorType> results) {
  if (loop.block < 1) return fail("", "a block has at least one example, not {}", loop.block);
  if (!loop.carry.empty() || loop.reverse) return fail("", "a loop over blocks carries nothing and goes in order");
  if (loop.split.empty()) return fail("", "a loop over blocks splits no operand");
  for (size_t i = 0; i < operands.size(); ++i)
    if (is_split(loop, i) && operands[i].dim(0) != loop.block * loop.count)
      return fail("", "operand {} is {}, which is not {} blocks of {}", i, operands[i].to_string(), loop.count,
                  loop.block);
  for (size_t i = 0; i < results.size(); ++i)
    if (is_stacked(loop, i) && results[i].dim(0) != loop.block * loop.count)
      return fail("", "result {} is {}, which is not {} blocks of {}", i, results[i].to_string(), loop.count,
                  loop.block);
  return {};
}

}  // namespace

bool may_hold(OpKind outer, OpKind inner) { return !has_trait(inner, kHasBody) || outer == OpKind::kLoop; }

bool is_split(const LoopAttributes& loop, size_t operand) { return holds(loop.split, operand); }
bool is_carried(const LoopAttributes& loop, size_t operand) { return holds(loop.carry, operand); }
bool is_whole(const LoopAttributes& loop, size_t operand) {
  return !is_split(loop, operand) && !is_carried(loop, operand);
}
bool is_summed(const LoopAttributes& loop, size_t result) { return holds(loop.sum, result); }

size_t last_result(const LoopAttributes& loop, size_t operand) {
  return static_cast<size_t>(std::ranges::find(loop.carry, static_cast<int64_t>(operand)) - loop.carry.begin());
}

std::optional<size_t> stacked_with(const Op& loop, size_t result) {
  const auto& results = loop.body->results();
  for (size_t i = 0; i < results.size(); ++i)
    if (is_stacked(loop.attr<LoopAttributes>(), i) && results[i].value == results[result].value) return i;
  return std::nullopt;
}

bool is_block_loop(const Op& op) { return op.kind == OpKind::kLoop && op.attr<LoopAttributes>().block != 0; }
bool is_sequential_loop(const Op& op) { return op.kind == OpKind::kLoop && op.attr<LoopAttributes>().block == 0; }

Status check_loop_types(const LoopAttributes& loop, std::span<const TensorType> operands,
                        std::span<const TensorType> results) {
  if (loop.count < 1 || loop.count > kMaxElements)
    return fail("", "a loop of {} iterations; there are at least 1 and at most {}", loop.count, kMaxElements);
  MINNOW_TRY(check_lists(loop, operands.size(), results.size()));
  for (size_t i = 0; i < operands.size(); ++i)
    if (is_split(loop, i) && !has_parts(operands[i], loop.count))
      return fail("", "operand {} is {}, which cannot be cut into {} equal parts", i, operands[i].to_string(),
                  loop.count);
  for (size_t i = 0; i < results.size(); ++i) {
    if (is_last(loop, i) && results[i] != operands[carried_operand(loop, i)])
      return fail("", "operand {} is carried as {}, but result {}, its last value, is {}", loop.carry[i],
                  operands[carried_operand(loop, i)].to_string(), i, results[i].to_string());
    if (is_stacked(loop, i) && !has_parts(results[i], loop.count))
      return fail("", "result {} is {}, which is not {} equal parts", i, results[i].to_string(), loop.count);
  }
  return loop.block == 0 ? Status{} : check_block(loop, operands, results);
}

TensorType loop_parameter_type(const LoopAttributes& loop, size_t operand, const TensorType& type) {
  return is_split(loop, operand) ? part(type, loop.count) : type;
}

TensorType loop_body_result_type(const LoopAttributes& loop, size_t result, const TensorType& type) {
  return is_stacked(loop, result) ? part(type, loop.count) : type;
}

TensorType body_parameter_type(const Op& op, size_t operand) {
  const TensorType& type = op.operands[operand]->type;
  return op.kind == OpKind::kLoop ? loop_parameter_type(op.attr<LoopAttributes>(), operand, type) : type;
}

TensorType body_result_type(const Op& op, size_t result) {
  const TensorType& type = op.result(result)->type;
  return op.kind == OpKind::kLoop ? loop_body_result_type(op.attr<LoopAttributes>(), result, type) : type;
}

TensorType put_together(TensorType part, int64_t count) {
  part.shape[0] *= count;
  return part;
}

namespace {

// Of positions in a list that loses one.
void forget_position(std::vector<int64_t>& positions, size_t lost) {
  std::erase(positions, static_cast<int64_t>(lost));
  for (int64_t& position : positions) position -= position > static_cast<int64_t>(lost) ? 1 : 0;
}

template <typename T>
void erase_at(std::vector<T>& list, size_t i) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
}

}  // namespace

Value* stacked_result(Op& loop, Value* part) {
  for (size_t i = 0; i < loop.results.size(); ++i)
    if (is_stacked(loop.attr<LoopAttributes>(), i) && loop.body->results()[i].value == part) return loop.result(i);
  auto all = std::make_unique<Value>();
  all->type = put_together(part->type, loop.attr<LoopAttributes>().count);
  all->op = &loop;
  all->index = static_cast<int>(loop.results.size());
  loop.body->add_result("", part);
  return loop.results.emplace_back(std::move(all)).get();
}

Value* add_whole_operand(Op& loop, Value* value) {
  loop.operands.push_back(value);
  return loop.body->add_parameter("", value->type);
}

void drop_result(Op& op, size_t i) {
  erase_at(op.results, i);
  erase_at(op.body->results(), i);
  for (size_t j = i; j < op.results.size(); ++j) op.results[j]->index = static_cast<int>(j);
  auto* loop = std::get_if<LoopAttributes>(&op.attributes);
  if (loop == nullptr) return;
  if (is_last(*loop, i)) erase_at(loop->carry, i);
  forget_position(loop->sum, i);
}

void drop_operand(Op& op, size_t i) {
  erase_at(op.operands, i);
  op.body->remove_parameter(i);
  auto* loop = std::get_if<LoopAttributes>(&op.attributes);
  if (loop == nullptr) return;
  forget_position(loop->split, i);
  forget_position(loop->carry, i);
}

const Location& location_of(const Value& value) {
  if (value.op->kind != OpKind::kLoop) return value.op->location;
  const Value* inner = value.op->body->results()[static_cast<size_t>(value.index)].value;
  return inner->op != nullptr ? location_of(*inner) : value.op->location;
}

}  // namespace minnow

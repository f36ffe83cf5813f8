// What a loop's operands and results are to its iterations, the types around its body, and which ops have bodies that
// may hold others.
#pragma once

#include <optional>
#include <span>

#include "ir/function.h"

namespace minnow {

// Bodies within bodies: names have a letter for each.
inline constexpr int kMaxBodyDepth = 8;

// Whether the body of an op of kind `outer` may hold an op of kind `inner`: fused none with a body, loop any.
bool may_hold(OpKind outer, OpKind inner);

bool is_split(const LoopAttributes& loop, size_t operand);
bool is_carried(const LoopAttributes& loop, size_t operand);
// Neither split nor carried.
bool is_whole(const LoopAttributes& loop, size_t operand);
bool is_summed(const LoopAttributes& loop, size_t result);
// The last value of a carried operand.
inline bool is_last(const LoopAttributes& loop, size_t result) { return result < loop.carry.size(); }
inline bool is_stacked(const LoopAttributes& loop, size_t result) {
  return !is_last(loop, result) && !is_summed(loop, result);
}
// The operand of which result i, which is_last(), is the last value; and the other way round.
inline size_t carried_operand(const LoopAttributes& loop, size_t result) {
  return static_cast<size_t>(loop.carry[result]);
}
size_t last_result(const LoopAttributes& loop, size_t operand);

// The stacked result that gives the same value of the body as `result`, which is_last(): each next value has a place of
// its own there.
std::optional<size_t> stacked_with(const Op& loop, size_t result);

// A loop whose iterations are blocks of examples, an example to a vector lane.
bool is_block_loop(const Op& op);
// Any other loop.
bool is_sequential_loop(const Op& op);

// Positions are those of operands and results, each in one list at most; what is split or put together has `count`
// equal parts; what is carried keeps its type; a block loop has nothing carried and goes in order.
Status check_loop_types(const LoopAttributes& loop, std::span<const TensorType> operands,
                        std::span<const TensorType> results);

// What the body sees of an operand, and must return for a result.
TensorType loop_parameter_type(const LoopAttributes& loop, size_t operand, const TensorType& type);
TensorType loop_body_result_type(const LoopAttributes& loop, size_t result, const TensorType& type);
// The same for any op with a body.
TensorType body_parameter_type(const Op& op, size_t operand);
TensorType body_result_type(const Op& op, size_t result);

// What all parts of this type make together.
TensorType put_together(TensorType part, int64_t count);

// The result of a loop that is `part`, a value of its body, of all iterations; added if there is none yet. A further
// whole operand; answers its parameter.
Value* stacked_result(Op& loop, Value* part);
Value* add_whole_operand(Op& loop, Value* value);

// Without result i of an op with a body, which nothing may use; without operand i, whose parameter nothing in the body
// may use. A result that is the last value of a carried operand goes together with what says that it is carried.
void drop_result(Op& op, size_t i);
void drop_operand(Op& op, size_t i);

// Layer and phase of a value that an op makes: a loop's result has those of what its iterations return.
const Location& location_of(const Value& value);

}  // namespace minnow

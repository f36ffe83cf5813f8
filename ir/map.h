// The types around a map op's body, and which ops have bodies that may hold others.
#pragma once

#include <span>

#include "ir/function.h"

namespace minnow {

// Whether the body of an op of kind `outer` may hold an op of kind `inner`: fused none with a body, map a fused.
bool may_hold(OpKind outer, OpKind inner);

bool is_split(const MapAttributes& map, size_t operand);
bool is_summed(const MapAttributes& map, size_t result);

// Split operands and put-together results have whole blocks of examples, all equally many.
Status check_map_types(const MapAttributes& map, std::span<const TensorType> operands,
                       std::span<const TensorType> results);
int64_t block_count(const Op& map);

// What the body sees of an operand, and must return for a result.
TensorType map_parameter_type(const MapAttributes& map, size_t operand, const TensorType& type);
TensorType map_body_result_type(const MapAttributes& map, size_t result, const TensorType& type);
// The same for any op with a body.
TensorType body_parameter_type(const Op& op, size_t operand);
TensorType body_result_type(const Op& op, size_t result);

// Layer and phase of a value that an op makes: a map's result has those of what its blocks put together.
const Location& location_of(const Value& value);

}  // namespace minnow

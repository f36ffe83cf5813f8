#include "ir/map.h"

#include <algorithm>

namespace minnow {
namespace {

bool holds(const std::vector<int64_t>& list, size_t index) {
  return std::ranges::find(list, static_cast<int64_t>(index)) != list.end();
}

Status check_indices(std::string_view name, const std::vector<int64_t>& list, size_t count) {
  for (const int64_t index : list)
    if (index < 0 || index >= static_cast<int64_t>(count))
      return fail("", "{} names number {}, but there are {}", name, index, count);
  return {};
}

TensorType in_blocks(TensorType type, int64_t block) {
  type.shape[0] = block;
  return type;
}

}  // namespace

bool may_hold(OpKind outer, OpKind inner) {
  if (!has_trait(inner, kHasBody)) return true;
  return outer == OpKind::kMap && inner == OpKind::kFused;
}

bool is_split(const MapAttributes& map, size_t operand) { return holds(map.split, operand); }
bool is_summed(const MapAttributes& map, size_t result) { return holds(map.sum, result); }

Status check_map_types(const MapAttributes& map, std::span<const TensorType> operands,
                       std::span<const TensorType> results) {
  if (map.block < 1) return fail("", "map needs a block of at least one example, not {}", map.block);
  if (map.split.empty()) return fail("", "map splits no operand");
  MINNOW_TRY(check_indices("split", map.split, operands.size()));
  MINNOW_TRY(check_indices("sum", map.sum, results.size()));
  const TensorType& first = operands[static_cast<size_t>(map.split[0])];
  const int64_t examples = first.rank() == 0 ? 0 : first.dim(0);
  if (examples == 0 || examples % map.block != 0)
    return fail("", "{} cannot be cut into blocks of {}", first.to_string(), map.block);
  const auto fits = [&](const TensorType& type) { return type.rank() > 0 && type.dim(0) == examples; };
  for (size_t i = 0; i < operands.size(); ++i)
    if (is_split(map, i) && !fits(operands[i]))
      return fail("", "operand {} is {}, which does not have {} examples", i, operands[i].to_string(), examples);
  for (size_t i = 0; i < results.size(); ++i)
    if (!is_summed(map, i) && !fits(results[i]))
      return fail("", "result {} is {}, which does not have {} examples", i, results[i].to_string(), examples);
  return {};
}

int64_t block_count(const Op& map) {
  const auto& attributes = map.attr<MapAttributes>();
  return map.operands[static_cast<size_t>(attributes.split[0])]->type.dim(0) / attributes.block;
}

TensorType map_parameter_type(const MapAttributes& map, size_t operand, const TensorType& type) {
  return is_split(map, operand) ? in_blocks(type, map.block) : type;
}

TensorType map_body_result_type(const MapAttributes& map, size_t result, const TensorType& type) {
  return is_summed(map, result) ? type : in_blocks(type, map.block);
}

TensorType body_parameter_type(const Op& op, size_t operand) {
  const TensorType& type = op.operands[operand]->type;
  return op.kind == OpKind::kMap ? map_parameter_type(op.attr<MapAttributes>(), operand, type) : type;
}

TensorType body_result_type(const Op& op, size_t result) {
  const TensorType& type = op.result(result)->type;
  return op.kind == OpKind::kMap ? map_body_result_type(op.attr<MapAttributes>(), result, type) : type;
}

const Location& location_of(const Value& value) {
  if (value.op->kind != OpKind::kMap) return value.op->location;
  const auto& results = value.op->results;
  const auto place = std::ranges::find(results, &value, [](const auto& one) { return one.get(); }) - results.begin();
  const Value* inner = value.op->body->results()[static_cast<size_t>(place)].value;
  return inner->op != nullptr ? location_of(*inner) : value.op->location;
}

}  // namespace minnow

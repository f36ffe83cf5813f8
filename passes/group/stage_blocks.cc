#include "passes/group/stage_blocks.h"

#include <algorithm>
#include <unordered_map>

#include "ir/builder.h"
#include "ir/loop.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

const Threshold kFewestElements{"elements of an example that are transposed at a loop's border", 16};

bool is_worth_a_copy(const TensorType& type) {
  return type.dtype == DType::kF32 && type.rank() > 1 && type.elements() / type.dim(0) >= kFewestElements;
}

// It reads nothing else, and so is computed along the rows, then transposed itself.
bool reads_alone(const Op& op, const Value* value) {
  const bool is_loop = op.kind == OpKind::kFused && op.attr<FusedAttributes>().kind == FusionKind::kLoop;
  if (!is_loop && !has_trait(op.kind, kElementwise)) return false;
  return op.results.size() == 1 && op.type().shape == value->type.shape && op.type().dtype == DType::kF32 &&
         std::ranges::all_of(op.operands, [&](const Value* operand) { return operand == value; });
}

bool stage_operands(Op& loop, const UseMap& outer) {
  Function& body = *loop.body;
  UseMap uses(body);
  bool changed = false;
  for (size_t i = 0; i < loop.operands.size(); ++i) {
    Value* parameter = body.parameters()[i].get();
    if (!is_split(loop.attr<LoopAttributes>(), i) || !is_worth_a_copy(parameter->type)) continue;
    if (lies_in_blocks(loop.operands[i], outer)) continue;
    if (std::ranges::all_of(uses.users(parameter), [&](const Op* user) { return reads_alone(*user, parameter); }))
      continue;
    Builder b(body, body.ops().begin());
    b.set_location(uses.users(parameter)[0]->location);
    Value* staged = b.reshape(parameter, parameter->type.shape);
    uses.replace(body, parameter, staged);
    staged->op->operands[0] = parameter;
    changed = true;
  }
  return changed;
}

bool stage_results(Op& loop, const UseMap& outer) {
  Function& body = *loop.body;
  std::unordered_map<const Op*, Function::OpList::iterator> places;
  for (auto it = body.ops().begin(); it != body.ops().end(); ++it) places[it->get()] = it;
  bool changed = false;
  for (size_t i = 0; i < loop.results.size(); ++i) {
    Value* value = body.results()[i].value;
    if (is_summed(loop.attr<LoopAttributes>(), i) || value->op == nullptr || !is_worth_a_copy(value->type)) continue;
    if (value->op->kind == OpKind::kReshape || lies_in_blocks(loop.result(i), outer)) continue;
    Builder b(body, std::next(places.at(value->op)));
    b.set_location(location_of(*value));
    body.results()[i].value = b.reshape(value, value->type.shape);
    changed = true;
  }
  return changed;
}

}  // namespace

bool stage_blocks(Function& function) {
  const UseMap uses(function);
  bool changed = false;
  for (const auto& op : function.ops()) {
    if (!is_block_loop(*op)) continue;
    changed |= stage_operands(*op, uses);
    changed |= stage_results(*op, uses);
  }
  return changed;
}

bool lies_in_blocks(const Value* value, const UseMap& uses) {
  if (value->op == nullptr || !is_block_loop(*value->op) || uses.is_result(value)) return false;
  if (is_summed(value->op->attr<LoopAttributes>(), static_cast<size_t>(value->index))) return false;
  return std::ranges::all_of(uses.users(value), [&](const Op* user) {
    if (!is_block_loop(*user)) return false;
    for (size_t i = 0; i < user->operands.size(); ++i)
      if (user->operands[i] == value && !is_split(user->attr<LoopAttributes>(), i)) return false;
    return true;
  });
}

}  // namespace minnow

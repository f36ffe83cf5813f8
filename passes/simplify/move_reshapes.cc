#include "passes/simplify/move_reshapes.h"

#include <algorithm>

#include "ir/builder.h"
#include "ir/loop.h"

namespace minnow {
namespace {

// Parts of these shapes, put together along their first dimension, are as many bytes in the same order.
bool can_be_part(const TensorType& type) { return type.rank() > 0 && type.dim(0) > 0; }

// The type in which alone the body reads a parameter; nullptr: there is none.
const TensorType* only_shape(const Value* parameter, const UseMap& uses) {
  const auto users = uses.users(parameter);
  if (users.empty() || uses.is_result(parameter)) return nullptr;
  const TensorType& type = users.front()->type();
  const auto gives_it = [&](const Op* op) { return op->kind == OpKind::kReshape && op->type() == type; };
  return can_be_part(type) && std::ranges::all_of(users, gives_it) ? &type : nullptr;
}

bool move_in_front(Function& function, Function::OpList::iterator place, size_t operand) {
  Op& loop = **place;
  Function& body = *loop.body;
  Value* parameter = body.parameters()[operand].get();
  const UseMap uses(body);
  const TensorType* found = only_shape(parameter, uses);
  if (found == nullptr) return false;
  const TensorType part = *found;
  const auto users = uses.users(parameter);
  Builder front(function, place);
  front.set_location(users.front()->location);
  loop.operands[operand] =
      front.reshape(loop.operands[operand], put_together(part, loop.attr<LoopAttributes>().count).shape);
  parameter->type = part;
  for (const Op* user : users) body.replace_uses(user->result(), parameter);
  std::erase_if(body.ops(), [&](const auto& op) { return std::ranges::find(users, op.get()) != users.end(); });
  return true;
}

bool move_behind(Function& function, Function::OpList::iterator place, size_t result) {
  Op& loop = **place;
  Value*& part = loop.body->results()[result].value;
  if (part->op == nullptr || part->op->kind != OpKind::kReshape) return false;
  Value* whole = part->op->operands[0];
  if (!can_be_part(whole->type)) return false;
  Value* all = loop.result(result);
  const TensorType before = all->type;
  Builder behind(function, std::next(place));
  behind.set_location(part->op->location);
  part = whole;
  all->type = put_together(whole->type, loop.attr<LoopAttributes>().count);
  Value* reshaped = behind.reshape(all, before.shape);
  function.replace_uses(all, reshaped);
  reshaped->op->operands[0] = all;
  return true;
}

}  // namespace

bool move_reshapes(Function& function, Function::OpList::iterator place) {
  const auto& attributes = (*place)->attr<LoopAttributes>();
  bool changed = false;
  for (size_t i = 0; i < (*place)->operands.size(); ++i)
    if (is_split(attributes, i)) changed |= move_in_front(function, place, i);
  for (size_t i = 0; i < (*place)->results.size(); ++i)
    if (is_stacked(attributes, i)) changed |= move_behind(function, place, i);
  return changed;
}

}  // namespace minnow

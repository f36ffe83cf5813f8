#include "codegen/right_operand.h"

#include <algorithm>

#include "ir/loop.h"

namespace minnow {

const Op* product_in(const Op& op) {
  if (has_trait(op.kind, kContraction)) return &op;
  if (op.kind != OpKind::kFused) return nullptr;
  const auto is_product = [](const auto& inner) { return has_trait(inner->kind, kContraction); };
  const auto found = std::ranges::find_if(op.body->ops(), is_product);
  return found == op.body->ops().end() ? nullptr : found->get();
}

const Value* right_operand(const Op& op) {
  const Op* product = product_in(op);
  if (product == nullptr) return nullptr;
  const Value* right = product->operands[1];
  if (op.kind != OpKind::kFused) return right;
  return right->op == nullptr ? op.operands[static_cast<size_t>(right->index)] : nullptr;
}

const Value* operand_from_around(const Op& loop, const Value* value) {
  if (value == nullptr || value->op != nullptr) return nullptr;
  const auto index = static_cast<size_t>(value->index);
  return is_whole(loop.attr<LoopAttributes>(), index) ? loop.operands[index] : nullptr;
}

}  // namespace minnow

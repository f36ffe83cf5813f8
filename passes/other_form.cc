#include "passes/other_form.h"

#include <algorithm>

#include "ir/dot.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

Form::Dims inverse(const Form::Dims& order) {
  Form::Dims back(order.size());
  for (size_t i = 0; i < order.size(); ++i) back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  return back;
}

Value* to_form(const Form& form, Value* value, Shape shape, Builder& b) {
  return form.order.empty() ? b.reshape(value, std::move(shape)) : b.transpose(value, form.order);
}

}  // namespace

Value* known_in(const Form& form, const Value* value) {
  const Op* back = match(value, form.order.empty() ? OpKind::kReshape : OpKind::kTranspose);
  if (back == nullptr || !form.exists(value->type.shape)) return nullptr;
  if (!form.order.empty() && back->attr<DimsAttributes>().dims != inverse(form.order)) return nullptr;
  Value* x = back->operands[0];
  return x->type.shape == form.shape(value->type.shape) ? x : nullptr;
}

Value* from_form(const Form& form, Value* value, const Shape& shape, Builder& b) {
  return form.order.empty() ? b.reshape(value, shape) : b.transpose(value, inverse(form.order));
}

Value* in_form(const Form& form, Value* value, Builder& b) {
  if (Value* known = known_in(form, value)) return known;
  const Shape shape = form.shape(value->type.shape);
  if (splat_of(value)) return b.constant({value->type.dtype, shape}, value->op->attr<ConstantAttributes>().values[0]);
  const Op* broadcast = match(value, OpKind::kBroadcast);
  if (broadcast == nullptr) return to_form(form, value, shape, b);
  const Form::Dims& dims = broadcast->attr<DimsAttributes>().dims;
  std::optional<Form::Dims> there = form.dims(dims);
  if (!there || there->size() != dims.size()) return to_form(form, value, shape, b);
  return b.broadcast(broadcast->operands[0], std::move(*there), shape);
}

Value* compute_in(const Form& form, const Op& op, Builder& b) {
  if (std::ranges::none_of(op.operands, [&](const Value* operand) { return known_in(form, operand); })) return nullptr;
  std::vector<Value*> operands;
  for (Value* operand : op.operands) operands.push_back(in_form(form, operand, b));
  const TensorType type{op.type().dtype, form.shape(op.type().shape)};
  return from_form(form, b.create(op.kind, std::move(operands), op.attributes, type), op.type().shape, b);
}

Value* reduce_in(const Form& form, const Op& op, Builder& b) {
  Value* known = known_in(form, op.operands[0]);
  if (known == nullptr) return nullptr;
  std::optional<Form::Dims> dims = form.dims(op.attr<DimsAttributes>().dims);
  if (!dims) return nullptr;
  dims->insert(dims->end(), form.added.begin(), form.added.end());
  std::ranges::sort(*dims);
  return in_shape(b.create(op.kind, {known}, DimsAttributes{std::move(*dims)}), op.type().shape, b);
}

}  // namespace minnow

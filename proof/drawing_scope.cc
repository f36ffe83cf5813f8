#include "proof/drawing_scope.h"

#include <algorithm>

namespace minnow::proof {

Value* DrawingScope::value(const TensorType& type) {
  for (auto it = known_.rbegin(); it != known_.rend(); ++it)
    if ((*it)->type == type && !one_in(3)) return *it;
  return one_in(8) ? constant(type) : outside(type);
}

Value* DrawingScope::constant(const TensorType& type) {
  std::vector<double> values(type.elements() <= 64 && one_in(4) ? static_cast<size_t>(type.elements()) : 1);
  for (double& value : values) value = static_cast<double>(draw(rng_, 0, 1)) * (is_float(type.dtype) ? 0.75 : 1);
  if (values.empty()) values = {1};
  return builder_.constant(type, std::move(values));
}

Value* DrawingScope::add(OpKind kind, std::vector<Value*> operands, Attributes attributes, TensorType declared) {
  learn(builder_.create(kind, std::move(operands), std::move(attributes), std::move(declared)));
  return known_.back();
}

Value* DrawingScope::add_elementwise(const Shape& shape) {
  static const std::vector<OpKind> kKinds = [] {
    std::vector<OpKind> kinds;
    for (size_t i = 0; i < kOpCount; ++i)
      if (has_trait(static_cast<OpKind>(i), kElementwise)) kinds.push_back(static_cast<OpKind>(i));
    return kinds;
  }();
  const OpKind kind = pick(rng_, kKinds);
  if (kind == OpKind::kConvert) {
    const auto any = [this] { return dtype({DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred}); };
    Value* from = value({any(), shape});
    return add(kind, {from}, {}, {any(), shape});
  }
  std::vector<Value*> operands;
  const DType type = dtype(accepted_dtypes(kind));
  for (int i = 0; i < op_info(kind).operands; ++i)
    operands.push_back(value({kind == OpKind::kSelect && i == 0 ? DType::kPred : type, shape}));
  return add(kind, std::move(operands));
}

Value* DrawingScope::add_any(OpKind kind) {
  Value* drawn = draw_op(kind, builder_, *this, rng_);
  if (drawn != nullptr) learn(drawn);
  return drawn;
}

void DrawingScope::keep_ops(size_t count) {
  Function::OpList& ops = function().ops();
  while (ops.size() > count) {
    std::erase_if(known_, [&](const Value* value) { return value->op == ops.back().get(); });
    ops.pop_back();
  }
}

Shape DrawingScope::shape(size_t rank) {
  std::vector<Shape> seen;
  for (const Value* value : known_)
    if (value->type.shape.size() == rank && value->type.elements() > 0 && value->type.elements() <= kCaseElements)
      seen.push_back(value->type.shape);
  if (!seen.empty() && !one_in(4)) return pick(rng_, seen);
  Shape shape;
  int64_t room = kCaseElements;
  const bool has_first = rank > 1 || (rank == 1 && one_in(2));
  if (has_first && first_ > 0) shape.push_back(first_), room /= first_;
  for (; shape.size() < rank; room /= shape.back())
    shape.push_back(std::clamp<int64_t>(pick<int64_t>(rng_, {1, 2, 3, 4, 5, 6, 7, 8, 15, 17, 33}), 1, room));
  return shape;
}

DType DrawingScope::dtype(const std::vector<DType>& accepted) {
  const bool takes_f32 = std::ranges::find(accepted, DType::kF32) != accepted.end();
  return takes_f32 && !one_in(6) ? DType::kF32 : pick(rng_, accepted);
}

Value* FunctionScope::outside(const TensorType& type) {
  const Role role = pick<Role>(rng(), {Role::kInput, Role::kWeight, Role::kState});
  learn(function().add_parameter(fmt::format("p{}", function().parameters().size()), type, role));
  return known().back();
}

Value* BodyScope::add_operand(Value* outer_value, const TensorType& inner_type) {
  operands_.push_back(outer_value);
  learn(function().add_parameter(fmt::format("a{}", operands_.size() - 1), inner_type));
  return known().back();
}

Value* BodyScope::outside(const TensorType& type) { return add_operand(outer_.value(type), type); }

Op* add_op_with_body(DrawingScope& outer, OpKind kind, Attributes attributes, const BodyScope& scope,
                     std::unique_ptr<Function> body, std::vector<TensorType> types) {
  auto op = make_op(kind, scope.operands(), std::move(attributes), std::move(types), {"layer", Phase::kForward});
  op->body = std::move(body);
  Op* added = outer.function().insert(outer.function().ops().end(), std::move(op));
  for (const auto& result : added->results) outer.learn(result.get());
  return added;
}

}  // namespace minnow::proof

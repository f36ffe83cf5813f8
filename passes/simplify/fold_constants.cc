#include "passes/simplify/fold_constants.h"

#include <algorithm>
#include <bit>

#include "interpreter/interpreter.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

using Numbers = std::vector<double>;

const Numbers& values_of(const Value* constant) { return constant->op->attr<ConstantAttributes>().values; }
bool is_splat(const Value* constant) { return values_of(constant).size() == 1; }

bool all_constant(const Op& op) { return !op.operands.empty() && std::ranges::all_of(op.operands, is_constant); }

bool is_small(const TensorType& type) { return type.elements() > 0 && type.elements() <= kMaxFoldedElements; }

// What the interpreter makes of the op; of the first elements alone, if those are all that there is to know.
Numbers evaluate(const Op& op, bool are_splats) {
  Function function("fold");
  Builder builder(function);
  const auto seen = [&](TensorType type) { return are_splats ? TensorType{type.dtype, {}} : type; };
  std::vector<Value*> operands;
  for (const Value* x : op.operands) operands.push_back(builder.constant(seen(x->type), values_of(x)));
  function.add_result("y", builder.create(op.kind, std::move(operands), op.attributes, seen(op.type())));
  const auto results = interpret(function, {});
  MINNOW_CHECK(results, "{}", results.error().to_string());
  const Tensor numbers = results->front().converted_to(DType::kF64);
  return {numbers.as<double>().begin(), numbers.as<double>().end()};
}

Value* fold_elementwise(const Op& op, Builder& b) {
  if (!all_constant(op)) return nullptr;
  const bool are_splats = std::ranges::all_of(op.operands, is_splat);
  if (!are_splats && !is_small(op.type())) return nullptr;
  return b.constant(op.type(), evaluate(op, are_splats));
}

Value* fold_move(const Op& op, Builder& b) {
  if (!all_constant(op) || !is_small(op.type())) return nullptr;
  if (is_splat(op.operands[0])) return b.constant(op.type(), values_of(op.operands[0])[0]);
  return b.constant(op.type(), evaluate(op, false));
}

Value* fold_reduce(const Op& op, Builder& b) {
  if (!all_constant(op) || !is_small(op.operands[0]->type)) return nullptr;
  return b.constant(op.type(), evaluate(op, false));
}

Value* fold_to_splat(const Op& op, Builder& b) {
  const Numbers& values = op.attr<ConstantAttributes>().values;
  auto differs = [&](double v) { return std::bit_cast<uint64_t>(v) != std::bit_cast<uint64_t>(values[0]); };
  if (values.size() < 2 || std::ranges::any_of(values, differs)) return nullptr;
  return b.constant(op.type(), values[0]);
}

std::vector<RewriteRule> make_rules() {
  std::vector<RewriteRule> rules = {
      {OpKind::kConstant, fold_to_splat}, {OpKind::kBroadcast, fold_move}, {OpKind::kReshape, fold_move},
      {OpKind::kTranspose, fold_move},    {OpKind::kSlice, fold_move},     {OpKind::kReduceSum, fold_reduce},
      {OpKind::kReduceMax, fold_reduce},
  };
  for (size_t i = 0; i < kOpCount; ++i)
    if (auto kind = static_cast<OpKind>(i); has_trait(kind, kElementwise)) rules.push_back({kind, fold_elementwise});
  return rules;
}

}  // namespace

bool fold_constants(Function& function) { return rewrite(function, make_rules()); }

}  // namespace minnow

#include "passes/simplify/fold_constants.h"

#include <algorithm>
#include <bit>

#include "passes/simplify/evaluate_scalar.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

using Numbers = std::vector<double>;
using Index = std::vector<int64_t>;

const Numbers& values_of(const Value* constant) { return constant->op->attr<ConstantAttributes>().values; }

double element(const Value* constant, int64_t i) {
  const Numbers& values = values_of(constant);
  return values.size() == 1 ? values[0] : values[static_cast<size_t>(i)];
}

bool all_constant(const Op& op) { return !op.operands.empty() && std::ranges::all_of(op.operands, is_constant); }

bool is_small(const TensorType& type) { return type.elements() > 0 && type.elements() <= kMaxFoldedElements; }

Value* fold_elementwise(const Op& op, Builder& b) {
  if (!all_constant(op)) return nullptr;
  const bool splats = std::ranges::all_of(op.operands, [](const Value* v) { return values_of(v).size() == 1; });
  if (!splats && !is_small(op.type())) return nullptr;
  const DType operand = op.operands[0]->type.dtype;
  Numbers result;
  for (int64_t i = 0; i < (splats ? 1 : op.type().elements()); ++i) {
    Numbers arguments;
    for (const Value* v : op.operands) arguments.push_back(element(v, i));
    auto number = evaluate_scalar(op.kind, operand, op.type().dtype, arguments);
    if (!number) return nullptr;
    result.push_back(*number);
  }
  return b.constant(op.type(), std::move(result));
}

Index index_at(int64_t position, const Shape& shape) {
  Index index(shape.size());
  for (size_t d = shape.size(); d-- > 0; position /= shape[d]) index[d] = position % shape[d];
  return index;
}

int64_t position_at(const Index& index, const Shape& shape) {
  int64_t position = 0;
  for (size_t d = 0; d < shape.size(); ++d) position = position * shape[d] + index[d];
  return position;
}

// Where in its operand the element of the result at `index` comes from.
Index source_index(const Op& op, const Index& index) {
  Index source(op.operands[0]->type.shape.size());
  for (size_t d = 0; d < source.size(); ++d) {
    if (op.kind == OpKind::kSlice) {
      const auto& slice = op.attr<SliceAttributes>();
      source[d] = slice.start[d] + index[d] * slice.stride[d];
    } else {
      const auto dim = static_cast<size_t>(op.attr<DimsAttributes>().dims[d]);
      if (op.kind == OpKind::kTranspose) source[dim] = index[d];
      if (op.kind == OpKind::kBroadcast) source[d] = index[dim];
    }
  }
  return source;
}

Value* fold_move(const Op& op, Builder& b) {
  if (!all_constant(op) || !is_small(op.type())) return nullptr;
  const Value* x = op.operands[0];
  Numbers result;
  for (int64_t i = 0; i < op.type().elements(); ++i) {
    const int64_t from =
        op.kind == OpKind::kReshape ? i : position_at(source_index(op, index_at(i, op.type().shape)), x->type.shape);
    result.push_back(element(x, from));
  }
  return b.constant(op.type(), std::move(result));
}

// Row-major over the operand, as the interpreter adds.
Value* fold_reduce(const Op& op, Builder& b) {
  const Value* x = op.operands[0];
  if (!all_constant(op) || !is_small(x->type)) return nullptr;
  const bool sum = op.kind == OpKind::kReduceSum;
  const OpKind combine = sum ? OpKind::kAdd : OpKind::kMaximum;
  const Index& dims = op.attr<DimsAttributes>().dims;
  Numbers result(static_cast<size_t>(op.type().elements()));
  std::vector<bool> started(result.size(), sum);
  for (int64_t i = 0; i < x->type.elements(); ++i) {
    Index index = index_at(i, x->type.shape), kept;
    for (size_t d = 0; d < index.size(); ++d)
      if (std::ranges::find(dims, static_cast<int64_t>(d)) == dims.end()) kept.push_back(index[d]);
    const auto to = static_cast<size_t>(position_at(kept, op.type().shape));
    const double pair[] = {result[to], element(x, i)};
    auto next = started[to] ? evaluate_scalar(combine, x->type.dtype, x->type.dtype, pair) : element(x, i);
    if (!next) return nullptr;
    result[to] = *next;
    started[to] = true;
  }
  return b.constant(op.type(), std::move(result));
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

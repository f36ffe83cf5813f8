// dot takes what moves the elements of its operands into its attributes, and becomes a product of matrices.
#include <algorithm>

#include "ir/dot.h"
#include "passes/simplify/canonicalize_rules.h"

namespace minnow {
namespace {

// Where the contracted dimension lies in x, if `operand` is x transposed so that the others keep their order and the
// batch its place; nullopt if it is not.
std::optional<int64_t> contract_before_transpose(const Value* operand, int64_t contract, int64_t batch) {
  if (!match(operand, OpKind::kTranspose)) return std::nullopt;
  std::vector<int64_t> rest = operand->op->attr<DimsAttributes>().dims;
  const int64_t moved = rest[static_cast<size_t>(contract)];
  if (std::ranges::is_sorted(rest) || moved < batch) return std::nullopt;
  rest.erase(rest.begin() + contract);
  for (int64_t i = 0; i < batch; ++i)
    if (rest[static_cast<size_t>(i)] != i) return std::nullopt;
  return std::ranges::is_sorted(rest) ? std::optional(moved) : std::nullopt;
}

// x^T y contracted over one dimension is x y contracted over another.
Value* fold_transposes(const Op& op, Builder& b) {
  auto [contract, batch] = op.attr<DotAttributes>();
  std::vector<Value*> operands = op.operands;
  for (size_t i = 0; i < 2; ++i) {
    const auto moved = contract_before_transpose(operands[i], contract[i], batch);
    if (!moved) continue;
    operands[i] = operands[i]->op->operands[0];
    contract[i] = *moved;
  }
  return operands == op.operands ? nullptr : b.dot(operands[0], operands[1], contract, batch);
}

// x transposed, with the last dimension of x last: matrices are as good in either order, but rows that stay whole are
// moved faster. nullptr if it is last, or among the batch.
Value* transpose_of_whole_rows(Value* operand, int64_t batch, Builder& b) {
  if (!match(operand, OpKind::kTranspose)) return nullptr;
  std::vector<int64_t> dims = operand->op->attr<DimsAttributes>().dims;
  const int64_t rank = operand->type.rank();
  if (rank != batch + 2 || dims[static_cast<size_t>(batch)] != rank - 1) return nullptr;
  std::swap(dims[static_cast<size_t>(batch)], dims.back());
  return b.transpose(operand->op->operands[0], std::move(dims));
}

Value* keep_rows_whole(const Op& op, Builder& b) {
  auto [contract, batch] = op.attr<DotAttributes>();
  std::vector<Value*> operands = op.operands;
  for (size_t i = 0; i < 2; ++i) {
    Value* whole = transpose_of_whole_rows(operands[i], batch, b);
    if (whole == nullptr) continue;
    operands[i] = whole;
    contract[i] = 2 * batch + 1 - contract[i];
  }
  return operands == op.operands ? nullptr : b.dot(operands[0], operands[1], contract, batch);
}

// A batch of one product is that product.
Value* drop_batch(const Op& op, Builder& b) {
  const auto& [contract, batch] = op.attr<DotAttributes>();
  if (batch == 0 || dot_sizes(op).batch != 1) return nullptr;
  const auto without_batch = [&](Value* x) {
    return b.reshape(x, Shape(x->type.shape.begin() + batch, x->type.shape.end()));
  };
  Value* first = without_batch(op.operands[0]);
  Value* product = b.dot(first, without_batch(op.operands[1]), {contract[0] - batch, contract[1] - batch});
  return b.reshape(product, op.type().shape);
}

// Kernels are made for matrices.
Value* join_free_dimensions(const Op& op, Builder& b) {
  if (is_product_of_matrices(op)) return nullptr;
  const auto& [contract, batch] = op.attr<DotAttributes>();
  const auto [x, i] = as_matrices(op.operands[0], contract[0], batch, b);
  const auto [y, j] = as_matrices(op.operands[1], contract[1], batch, b);
  return in_shape(b.dot(x, y, {i, j}, batch), op.type().shape, b);
}

}  // namespace

Value* canonicalize_dot(const Op& op, Builder& b) {
  if (Value* folded = fold_transposes(op, b)) return folded;
  if (Value* whole = keep_rows_whole(op, b)) return whole;
  if (Value* one = drop_batch(op, b)) return one;
  return join_free_dimensions(op, b);
}

}  // namespace minnow

#include "ir/dot.h"

#include <numeric>

namespace minnow {
namespace {

// Products of dimensions in front of an operand's contracted one, and behind it.
struct FreeElements {
  int64_t before, after;
};

FreeElements free_elements(const Shape& shape, int64_t contract, int64_t batch) {
  const auto first = shape.begin();
  return {element_count({first + batch, first + contract}), element_count({first + contract + 1, shape.end()})};
}

// Batch, free dimensions, k.
std::vector<int64_t> contracted_last(int64_t rank, int64_t contract) {
  std::vector<int64_t> dims(static_cast<size_t>(rank));
  std::iota(dims.begin(), dims.end(), 0);
  dims.erase(dims.begin() + contract);
  dims.push_back(contract);
  return dims;
}

bool lies_between(const Shape& shape, int64_t contract, int64_t batch) {
  const FreeElements free = free_elements(shape, contract, batch);
  return free.before != 1 && free.after != 1;
}

}  // namespace

DotSizes dot_sizes(const Op& dot) {
  const auto& [contract, batch] = dot.attr<DotAttributes>();
  const auto free = [&](size_t i) {
    const FreeElements elements = free_elements(dot.operands[i]->type.shape, contract[i], batch);
    return elements.before * elements.after;
  };
  const Shape& a = dot.operands[0]->type.shape;
  return {element_count({a.begin(), a.begin() + batch}), free(0), free(1), dot.operands[0]->type.dim(contract[0])};
}

bool is_product_of_matrices(const Op& dot) {
  const int64_t rank = dot.attr<DotAttributes>().batch + 2;
  return dot.operands[0]->type.rank() == rank && dot.operands[1]->type.rank() == rank;
}

bool has_transposed_rows(const Op& dot) {
  const auto& [contract, batch] = dot.attr<DotAttributes>();
  return contract[0] == batch;
}

bool has_transposed_columns(const Op& dot) {
  const auto& [contract, batch] = dot.attr<DotAttributes>();
  return contract[1] == batch + 1;
}

Value* in_shape(Value* x, const Shape& shape, Builder& b) { return x->type.shape == shape ? x : b.reshape(x, shape); }

MatrixOperand as_matrices(Value* operand, int64_t contract, int64_t batch, Builder& b) {
  const Shape from = operand->type.shape;
  const auto [before, after] = free_elements(from, contract, batch);
  const bool is_first = before == 1 && contract + 1 < operand->type.rank();
  Shape shape(from.begin(), from.begin() + batch);
  const int64_t depth = operand->type.dim(contract);
  if (is_first) shape.insert(shape.end(), {depth, after});
  else shape.insert(shape.end(), {before * after, depth});
  if (lies_between(from, contract, batch))
    operand = b.transpose(operand, contracted_last(operand->type.rank(), contract));
  return {in_shape(operand, shape, b), is_first ? batch : batch + 1};
}

Value* from_matrices(Value* matrices, const Shape& shape, int64_t contract, int64_t batch, Builder& b) {
  if (!lies_between(shape, contract, batch)) return in_shape(matrices, shape, b);
  const std::vector<int64_t> moved = contracted_last(static_cast<int64_t>(shape.size()), contract);
  Shape transposed;
  std::vector<int64_t> back(moved.size());
  for (size_t i = 0; i < moved.size(); ++i) {
    transposed.push_back(shape[static_cast<size_t>(moved[i])]);
    back[static_cast<size_t>(moved[i])] = static_cast<int64_t>(i);
  }
  return b.transpose(in_shape(matrices, transposed, b), back);
}

Shape shape_of_matrices(const Op& dot) {
  const Shape& result = dot.type().shape;
  const DotSizes sizes = dot_sizes(dot);
  Shape shape(result.begin(), result.begin() + dot.attr<DotAttributes>().batch);
  shape.insert(shape.end(), {sizes.rows, sizes.columns});
  return shape;
}

}  // namespace minnow

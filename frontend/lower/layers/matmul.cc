// Products of the matrices that two inputs hold.
#include <algorithm>
#include <optional>

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "ir/dot.h"

namespace minnow {
namespace {

bool is_vector(const Value* x) { return x->type.rank() == 2; }

// The dimensions of an example in front of its matrix or vector.
Shape leading(const Value* x) {
  const Shape& shape = x->type.shape;
  return {shape.begin() + 1, shape.begin() + std::max<int64_t>(1, x->type.rank() - 2)};
}

// The shape in which a dimension that is 1 in one of the two, or not there, has the size of the other; the last ones
// belong together.
std::optional<Shape> common_leading(Shape one, Shape other) {
  const size_t rank = std::max(one.size(), other.size());
  one.insert(one.begin(), rank - one.size(), 1);
  other.insert(other.begin(), rank - other.size(), 1);
  for (size_t i = 0; i < rank; ++i) {
    if (one[i] != other[i] && one[i] != 1 && other[i] != 1) return std::nullopt;
    if (one[i] == 1) one[i] = other[i];
  }
  return one;
}

// x with these dimensions in front of its matrix or vector, by which it is repeated where it does not have them.
Result<Value*> with_leading(LayerScope& scope, Value* x, const Shape& wanted) {
  const Shape own = leading(x);
  Shape same_rank = x->type.shape;
  same_rank.insert(same_rank.begin() + 1, wanted.size() - own.size(), 1);
  Shape full = same_rank;
  std::ranges::copy(wanted, full.begin() + 1);
  if (full != same_rank) MINNOW_TRY(scope.admit_output(full, "an input, repeated,"));
  return repeat_to(scope.builder(), in_shape(x, same_rank, scope.builder()), full);
}

// How far from the end the dimensions lie that are summed over, 1 or 2; those that are not are 3 less that.
std::array<int64_t, 2> from_the_end(LayerScope& scope) {
  const spec::MatMul& spec = scope.layer().matmul();
  return {spec.transpose_a() ? 2 : 1, spec.transpose_b() || is_vector(scope.input(1)) ? 1 : 2};
}

int64_t dim_from_the_end(const Value* x, int64_t distance) { return x->type.dim(x->type.rank() - distance); }

Status check_inputs(LayerScope& scope) {
  const spec::MatMul& spec = scope.layer().matmul();
  const Value *a = scope.input(0), *b = scope.input(1);
  const auto both = [&] {
    return fmt::format("{}{} and {}{}", scope.example_shape(0), scope.from(0), scope.example_shape(1), scope.from(1));
  };
  for (const Value* x : {a, b})
    if (x->type.rank() < 2) return scope.complain("", "an input holds one number, no vector and no matrix: {}", both());
  if (is_vector(a) && is_vector(b))
    return scope.complain("", "its inputs are two vectors, {}: reshape one of them to a matrix", both());
  if (is_vector(a) && spec.transpose_a())
    return scope.complain("transpose_a", "its first input {}{} is a vector", scope.example_shape(0), scope.from(0));
  if (is_vector(b) && spec.transpose_b())
    return scope.complain("transpose_b", "its second input {}{} is a vector", scope.example_shape(1), scope.from(1));
  const auto summed = from_the_end(scope);
  const int64_t columns = dim_from_the_end(a, summed[0]), rows = dim_from_the_end(b, summed[1]);
  if (columns != rows)
    return scope.complain("", "its inputs {} do not fit: {} columns by {} rows{}", both(), columns, rows,
                          spec.transpose_a() || spec.transpose_b() ? ", transposed" : "");
  if (!common_leading(leading(a), leading(b)))
    return scope.complain("", "its inputs {} differ in front of the matrices", both());
  return {};
}

// Where all matrices of an example meet the same second one, their rows are the rows of one product.
Result<Value*> matrix_product(LayerScope& scope, const Shape& wanted) {
  const spec::MatMul& spec = scope.layer().matmul();
  Builder& builder = scope.builder();
  MINNOW_ASSIGN(Value * a, with_leading(scope, scope.input(0), wanted));
  Value* b = scope.input(1);
  const bool is_shared = element_count(leading(b)) == 1 && !is_vector(a) && !spec.transpose_a();
  if (is_shared) {
    Shape alone = b->type.shape;
    alone.erase(alone.begin() + 1, alone.begin() + 1 + std::ssize(leading(b)));
    b = in_shape(b, alone, builder);
  } else {
    MINNOW_ASSIGN(b, with_leading(scope, b, wanted));
  }
  const auto summed = from_the_end(scope);
  return builder.dot(a, b, {a->type.rank() - summed[0], b->type.rank() - summed[1]},
                     is_shared ? 1 : 1 + std::ssize(wanted));
}

Result<Value*> lower_matmul(LayerScope& scope) {
  MINNOW_TRY(check_inputs(scope));
  const Value *a = scope.input(0), *b = scope.input(1);
  const auto summed = from_the_end(scope);
  const Shape wanted = *common_leading(leading(a), leading(b));
  Shape output = {a->type.dim(0)};
  output.insert(output.end(), wanted.begin(), wanted.end());
  if (!is_vector(a)) output.push_back(dim_from_the_end(a, 3 - summed[0]));
  if (!is_vector(b)) output.push_back(dim_from_the_end(b, 3 - summed[1]));
  MINNOW_TRY(scope.admit_output(output));
  scope.add_flops(2.0 * static_cast<double>(element_count(output) / output[0]) *
                  static_cast<double>(dim_from_the_end(a, summed[0])));
  MINNOW_ASSIGN(Value * y, matrix_product(scope, wanted));
  const double scale = scope.layer().matmul().scale();
  return scale == 1 ? y : scope.builder().mul(y, scale);
}

}  // namespace

const LayerRule kMatmulRule = {.lower = lower_matmul};

}  // namespace minnow

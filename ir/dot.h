// dot as products of matrices.
#pragma once

#include "ir/builder.h"

namespace minnow {

// For each of `batch` indices c[m,n] = sum over k of a[m,k] * b[k,n]; of several free dimensions, rows and columns are
// all together.
struct DotSizes {
  int64_t batch = 1, rows = 1, columns = 1, depth = 1;
};
DotSizes dot_sizes(const Op& dot);

// Whether each operand has just one dimension beside those of the batch and the one that is summed over.
bool is_product_of_matrices(const Op& dot);
// Of such a product: k lies in front of the rows of a, behind the columns of b.
bool has_transposed_rows(const Op& dot);
bool has_transposed_columns(const Op& dot);

// An operand of a dot with its free dimensions as one: [batch..., free, k] or, where k comes first, [batch..., k,
// free]. It is transposed if k lies between free dimensions, else only another shape.
struct MatrixOperand {
  Value* value;
  int64_t contract;
};
MatrixOperand as_matrices(Value* operand, int64_t contract, int64_t batch, Builder& b);
// A value of the form that as_matrices gives an operand of `shape`, in that shape.
Value* from_matrices(Value* matrices, const Shape& shape, int64_t contract, int64_t batch, Builder& b);

// The dot's batch dimensions, its rows and its columns.
Shape shape_of_matrices(const Op& dot);

// x itself, if it has that shape.
Value* in_shape(Value* x, const Shape& shape, Builder& b);

}  // namespace minnow

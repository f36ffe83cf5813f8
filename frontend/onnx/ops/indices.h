// Indices into tensors, which may count from the end, and places in what is stretched out to one dimension.
#pragma once

#include "frontend/onnx/node_scope.h"

namespace minnow {

// Indices of input i below `size`, from 0 on. Known ones beyond are refused; others are moved to the nearest.
Value* indices_of(NodeScope& n, size_t i, int64_t size);
// Elements as numbers that can be gathered and added up: truth values as i32.
Value* as_numbers(GraphBuilder& b, Value* x);
// The result, in the type of input 0 again.
void give_as_data(NodeScope& n, Value* y);

// Where each index of GatherElements or ScatterElements along `axis` points, in data of this shape, row-major.
Value* element_places(GraphBuilder& b, Value* indices, int64_t axis, const Shape& data);
// Those elements of x.
Value* elements_along(GraphBuilder& b, Value* x, Value* indices, int64_t axis);
// Where the rows of indices [..., K] of GatherND or ScatterND point: rows of what lies behind the first `batch` + K
// dimensions of the data.
struct RowPlaces {
  Value* rows;      // i32 [...]
  int64_t count;    // of all rows
  Shape row_shape;  // of one
};
RowPlaces row_places(NodeScope& n, size_t input, const Shape& data, int64_t batch);

}  // namespace minnow

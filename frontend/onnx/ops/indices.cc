#include "frontend/onnx/ops/indices.h"

#include <algorithm>

#include "frontend/onnx/ops/elements.h"
#include "frontend/onnx/ops/shapes.h"

namespace minnow {
namespace {

Value* index_below(GraphBuilder& b, Value* index, int64_t size) {
  Value* from_start = b.select(b.binary(OpKind::kLess, index, 0.0), b.add(index, static_cast<double>(size)), index);
  return clamped(b, from_start, 0, static_cast<double>(std::max<int64_t>(size - 1, 0)));
}

}  // namespace

Value* indices_of(NodeScope& n, size_t i, int64_t size) {
  require(is_whole_element(n.type(i)), "its indices are of {}", element_type_name(n.type(i)));
  GraphBuilder& b = n.b;
  if (n.is_known(i)) {
    const std::vector<size_t> known = indices_below(n.known(i), size);
    return b.constant({DType::kI32, n.shape(i)},
                      known.empty() ? std::vector<double>{0} : std::vector<double>(known.begin(), known.end()));
  }
  return index_below(b, n.value(i), size);
}

Value* as_numbers(GraphBuilder& b, Value* x) { return x->type.dtype == DType::kPred ? b.convert(x, DType::kI32) : x; }

void give_as_data(NodeScope& n, Value* y) {
  n.give(n.type() == onnx::TensorProto::BOOL ? n.b.convert(y, DType::kPred) : y);
}

Value* element_places(GraphBuilder& b, Value* indices, int64_t axis, const Shape& data) {
  const Shape& shape = indices->type.shape;
  const Dims strides = row_major_strides(data);
  const auto at = static_cast<size_t>(axis);
  Value* places = b.mul(indices, static_cast<double>(strides[at]));
  for (size_t dim = 0; dim < shape.size(); ++dim)
    if (dim != at && shape[dim] > 1)
      places = b.add(places,
                     b.mul(b.iota({DType::kI32, shape}, static_cast<int64_t>(dim)), static_cast<double>(strides[dim])));
  return places;
}

Value* elements_along(GraphBuilder& b, Value* x, Value* indices, int64_t axis) {
  return b.gather(b.reshape(x, {x->type.elements()}), element_places(b, indices, axis, x->type.shape), 0);
}

RowPlaces row_places(NodeScope& n, size_t input, const Shape& data, int64_t batch) {
  GraphBuilder& b = n.b;
  const Shape& shape = n.shape(input);
  const auto rank = static_cast<int64_t>(data.size());
  require(!shape.empty() && batch >= 0 && batch < static_cast<int64_t>(shape.size()), "its indices are {}",
          shape_to_string(shape));
  const int64_t depth = shape.back();
  require(batch + depth <= rank && depth >= 1, "indices of {} numbers do not fit {}", depth, shape_to_string(data));
  const Shape outer(data.begin(), data.begin() + batch + depth);
  const Dims strides = row_major_strides(outer);
  const Shape rows(shape.begin(), shape.end() - 1);
  Value* places = b.constant({DType::kI32, rows}, 0);
  Value* all = n.value(input);
  for (int64_t k = 0; k < depth; ++k) {
    const auto dim = static_cast<size_t>(batch + k);
    Value* index = b.reshape(b.slice(all, static_cast<int64_t>(shape.size()) - 1, k, k + 1), rows);
    places = b.add(places, b.mul(index_below(b, index, data[dim]), static_cast<double>(strides[dim])));
  }
  for (int64_t k = 0; k < batch; ++k) {
    const auto dim = static_cast<size_t>(k);
    require(rows[dim] == data[dim], "the batches of {} and {} differ", shape_to_string(shape), shape_to_string(data));
    places = b.add(places, b.mul(b.iota({DType::kI32, rows}, k), static_cast<double>(strides[dim])));
  }
  return {places, element_count(outer), Shape(data.begin() + batch + depth, data.end())};
}

}  // namespace minnow

#include "frontend/onnx/ops/indices.h"

namespace minnow::onnx_ops {
namespace {

Shape joined(Shape a, const Shape& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

void gather(NodeScope& n) {
  const int64_t axis = axis_of(n.whole("axis"), n.rank());
  if (Value* part = n.part_of_iteration(0, 1, axis)) return n.give(part);
  Value* indices = indices_of(n, 1, n.dim(0, axis));
  // One index that is known is a slice, which has a plain gradient.
  if (n.is_known(1) && n.rank(1) == 0) {
    const HostTensor& known = n.known(1);
    const int64_t at = known.whole(0) < 0 ? known.whole(0) + n.dim(0, axis) : known.whole(0);
    Shape shape = n.shape();
    shape.erase(shape.begin() + axis);
    return n.give(n.b.reshape(n.b.slice(n.value(), axis, at, at + 1), shape));
  }
  give_as_data(n, n.b.gather(as_numbers(n.b, n.value()), indices, axis));
}

void gather_elements(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis"), n.rank());
  const Shape& data = n.shape();
  require(n.rank(1) == n.rank(), "data {} and indices {} are not of one rank", shape_to_string(data),
          shape_to_string(n.shape(1)));
  for (size_t dim = 0; dim < data.size(); ++dim)
    require(static_cast<int64_t>(dim) == axis || n.shape(1)[dim] <= data[dim], "the indices {} go beyond the data {}",
            shape_to_string(n.shape(1)), shape_to_string(data));
  give_as_data(n, elements_along(b, as_numbers(b, n.value()), indices_of(n, 1, n.dim(0, axis)), axis));
}

void gather_nd(NodeScope& n) {
  GraphBuilder& b = n.b;
  const RowPlaces places = row_places(n, 1, n.shape(), n.whole("batch_dims"));
  Value* table = b.reshape(as_numbers(b, n.value()), joined({places.count}, places.row_shape));
  give_as_data(n, b.gather(table, places.rows, 0));
}

// The elements whose condition holds, along an axis or of all.
void compress(NodeScope& n) {
  GraphBuilder& b = n.b;
  const HostTensor& condition = n.known(1);
  Value* x = as_numbers(b, n.value());
  const bool is_flat = !n.has_attribute("axis");
  if (is_flat) x = b.reshape(x, {element_count(n.shape())});
  const int64_t axis = is_flat ? 0 : axis_of(n.whole("axis"), n.rank());
  constexpr size_t kMostConditions = size_t{1} << 25;
  require(condition.size() <= kMostConditions, "{} conditions are not supported", condition.size());
  Dims chosen;
  for (size_t i = 0; i < condition.size(); ++i)
    if (condition.number(i) != 0) chosen.push_back(static_cast<int64_t>(i));
  require(chosen.empty() || chosen.back() < x->type.dim(axis), "the condition goes beyond {}", x->type.to_string());
  const auto count = static_cast<int64_t>(chosen.size());
  give_as_data(n, chosen.empty() ? b.slice(x, axis, 0, 0) : b.gather(x, b.i32s({count}, chosen), axis));
}

// `values` are what stands elsewhere, and what stands at the index.
void one_hot(NodeScope& n) {
  GraphBuilder& b = n.b;
  const auto depth = n.whole_number(1);
  require(depth >= 0 && depth <= kMaxElements, "the depth is {}", depth);
  const int64_t axis = axis_of(n.whole("axis", -1), n.rank() + 1);
  Shape shape = n.shape(), column = shape;
  shape.insert(shape.begin() + axis, depth);
  column.insert(column.begin() + axis, 1);
  Value* indices = b.convert(n.value(), DType::kI32);
  Value* whole = b.select(b.binary(OpKind::kLess, indices, 0.0), b.add(indices, static_cast<double>(depth)), indices);
  Value* is_hot = b.binary(OpKind::kEqual, b.iota({DType::kI32, shape}, axis), b.reshape(whole, column));
  require(n.shape(2) == Shape{2}, "values are {}", shape_to_string(n.shape(2)));
  Value* values = n.value(2);
  const auto value = [&](int64_t i) { return b.reshape(b.slice(values, 0, i, i + 1), {}); };
  n.give(0, b.select(is_hot, value(1), value(0)), n.type(2));
}

// Sums or products of all elements so far; `exclusive` without the one itself.
void cumulative(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole_number(1), n.rank()), size = n.dim(0, axis);
  const bool is_sum = n.op() == "CumSum", is_reverse = n.whole("reverse") != 0;
  Value* x = n.value();
  if (is_reverse) x = b.reverse(x, {axis});
  Dims low(n.shape().size(), 0), none = low;
  const auto shifted = [&](Value* v, int64_t by) {
    low[static_cast<size_t>(axis)] = by;
    return b.pad(b.slice(v, axis, 0, size - by), low, none, is_sum ? 0 : 1);
  };
  if (n.whole("exclusive") != 0 && size > 0) x = shifted(x, 1);
  if (is_sum) x = b.cumsum(x, axis);
  // Each step doubles how many are multiplied.
  for (int64_t reach = 1; !is_sum && reach < size; reach *= 2) x = b.mul(x, shifted(x, reach));
  n.give(is_reverse ? b.reverse(x, {axis}) : x);
}

// The first lengths[i] elements of each sequence in reverse.
void reverse_sequence(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t time = n.whole("time_axis"), batch = n.whole("batch_axis", 1);
  require(n.rank() >= 2 && time + batch == 1 && time * batch == 0, "its axes are {} and {}", time, batch);
  const TensorType places{DType::kI32, {n.shape()[0], n.shape()[1]}};
  require(n.shape(1) == Shape{n.dim(0, batch)}, "its lengths are {}", shape_to_string(n.shape(1)));
  Value* step = b.iota(places, time);
  Value* length = b.along(n.value(1), batch, places.shape);
  Value* from = b.select(b.binary(OpKind::kLess, step, length), b.sub(b.sub(length, 1.0), step), step);
  Value* rows = element_places(b, from, time, places.shape);
  Shape table = {places.elements()};
  table.insert(table.end(), n.shape().begin() + 2, n.shape().end());
  give_as_data(n, b.reshape(b.gather(b.reshape(as_numbers(b, n.value()), table), rows, 0), n.shape()));
}

}  // namespace minnow::onnx_ops

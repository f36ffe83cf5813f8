#include <algorithm>
#include <cmath>

#include "frontend/onnx/ops/elements.h"
#include "frontend/onnx/ops/indices.h"

namespace minnow::onnx_ops {
namespace {

constexpr int64_t kMostPairs = int64_t{1} << 26;

// Rows of updates [M, R] put where `rows` [M] says into data [V, R]. Of several for one place, which ONNX leaves open,
// the last stays: in order of their rows, which keeps equal ones as they are, the one that another row comes behind.
Value* put(GraphBuilder& b, Value* data, Value* rows, Value* updates) {
  const int64_t places = data->type.dim(0), count = updates->type.dim(0);
  if (count == 0) return data;
  Value* order = b.argsort(rows, 0);
  rows = b.gather(rows, order, 0);
  Value* next = b.pad(b.slice(rows, 0, 1, count), {0}, {1}, -1);
  Value* stays = b.binary(OpKind::kNotEqual, rows, next);
  Value* hits = b.scatter_add(b.convert(stays, DType::kF32), rows, 0, places);
  Value* kept = b.select(b.reshape(stays, {count, 1}), b.gather(updates, order, 0), 0.0);
  Value* is_hit = b.reshape(b.binary(OpKind::kGreater, hits, 0.0), {places, 1});
  return b.select(is_hit, b.scatter_add(kept, rows, 0, places), data);
}

// Combined with what is there: each place looks at all updates.
Value* combined(GraphBuilder& b, Value* data, Value* rows, Value* updates, const std::string& how) {
  const int64_t places = data->type.dim(0), count = updates->type.dim(0), width = data->type.dim(1);
  if (count == 0) return data;
  require(places * count <= kMostPairs / std::max<int64_t>(width, 1), "{} updates of {} places by {} are not supported",
          count, places, how);
  const Shape pairs = {places, count, width};
  Value* is_here = b.binary(OpKind::kEqual, b.iota({DType::kI32, {places, count}}, 0), rows);
  Value* here = b.broadcast(is_here, {0, 1}, pairs);
  Value* all = b.broadcast(updates, {1, 2}, pairs);
  if (how == "mul") return b.mul(data, b.product(b.select(here, all, 1.0), {1}));
  const double least = data->type.dtype == DType::kI32 ? -2147483648.0 : -INFINITY;
  const double greatest = data->type.dtype == DType::kI32 ? 2147483647.0 : INFINITY;
  if (how == "max") return b.max(data, b.maximum(b.select(here, all, least), {1}));
  return b.min(data, b.minimum(b.select(here, all, greatest), {1}));
}

Value* scattered(NodeScope& n, Value* data, Value* rows, Value* updates) {
  const std::string how = n.text("reduction", "none");
  GraphBuilder& b = n.b;
  if (how == "none") return put(b, data, rows, updates);
  if (how == "add") return b.add(data, b.scatter_add(updates, rows, 0, data->type.dim(0)));
  require(how == "mul" || how == "max" || how == "min", "the reduction \"{}\" is not known", how);
  return combined(b, data, rows, updates, how);
}

}  // namespace

// Scatter is its old name.
void scatter_elements(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis"), n.rank());
  require(n.shape(1) == n.shape(2) && n.rank(1) == n.rank() && n.type() == n.type(2), "its inputs are {}, {} and {}",
          shape_to_string(n.shape()), shape_to_string(n.shape(1)), shape_to_string(n.shape(2)));
  for (size_t dim = 0; dim < n.shape().size(); ++dim)
    require(static_cast<int64_t>(dim) == axis || n.shape(1)[dim] <= n.shape()[dim],
            "the indices {} go beyond the data {}", shape_to_string(n.shape(1)), shape_to_string(n.shape()));
  const int64_t places = element_count(n.shape()), count = element_count(n.shape(1));
  Value* rows = b.reshape(element_places(b, indices_of(n, 1, n.dim(0, axis)), axis, n.shape()), {count});
  Value* data = b.reshape(as_numbers(b, n.value()), {places, 1});
  give_as_data(n, b.reshape(scattered(n, data, rows, b.reshape(as_numbers(b, n.value(2)), {count, 1})), n.shape()));
}

void scatter_nd(NodeScope& n) {
  GraphBuilder& b = n.b;
  require(n.type() == n.type(2), "its data are of {}, its updates of {}", element_type_name(n.type()),
          element_type_name(n.type(2)));
  const RowPlaces places = row_places(n, 1, n.shape(), 0);
  const int64_t width = element_count(places.row_shape), count = element_count(places.rows->type.shape);
  require(element_count(n.shape(2)) == count * width, "updates {} do not fit indices {}", shape_to_string(n.shape(2)),
          shape_to_string(n.shape(1)));
  Value* data = b.reshape(as_numbers(b, n.value()), {places.count, width});
  Value* updates = b.reshape(as_numbers(b, n.value(2)), {count, width});
  give_as_data(n, b.reshape(scattered(n, data, b.reshape(places.rows, {count}), updates), n.shape()));
}

// A piece of a cache of keys or values, at a place of its own for each sequence.
void tensor_scatter(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis", -2), n.rank());
  const std::string mode = n.text("mode", "linear");
  require(mode == "linear" || mode == "circular", "the mode \"{}\" is not known", mode);
  require(axis > 0 && n.rank(1) == n.rank(), "its inputs are {} and {}", shape_to_string(n.shape()),
          shape_to_string(n.shape(1)));
  const int64_t size = n.dim(0, axis);
  const Shape& shape = n.shape(1);
  Value* at = b.iota({DType::kI32, shape}, axis);
  if (n.has(2)) at = b.add(at, b.along(n.value(2), 0, shape));
  Value* beyond = b.binary(OpKind::kGreaterEqual, at, static_cast<double>(size));
  if (mode == "circular") at = b.select(beyond, b.sub(at, static_cast<double>(size)), at);
  at = clamped(b, at, 0, static_cast<double>(std::max<int64_t>(size - 1, 0)));
  Value* rows = b.reshape(element_places(b, at, axis, n.shape()), {element_count(shape)});
  Value* data = b.reshape(as_numbers(b, n.value()), {element_count(n.shape()), 1});
  give_as_data(
      n, b.reshape(put(b, data, rows, b.reshape(as_numbers(b, n.value(1)), {element_count(shape), 1})), n.shape()));
}

}  // namespace minnow::onnx_ops

#include "frontend/onnx/fold/fold.h"
#include "frontend/onnx/ops/shapes.h"

namespace minnow::onnx_fold {
namespace {

// The place of element i of `shape` along each dimension, added up by these strides.
size_t strided(const Shape& shape, const Dims& strides, size_t i, size_t start = 0) {
  auto place = static_cast<int64_t>(start);
  for (size_t dim = shape.size(); dim-- > 0;) {
    const auto size = static_cast<size_t>(shape[dim]);
    place += static_cast<int64_t>(i % size) * strides[dim];
    i /= size;
  }
  return static_cast<size_t>(place);
}

HostTensor sliced(const HostTensor& x, const std::vector<SliceRange>& ranges) {
  Shape shape = x.shape;
  Dims strides = row_major_strides(x.shape);
  int64_t start = 0;
  for (const SliceRange& range : ranges) {
    const auto axis = static_cast<size_t>(range.axis);
    shape[axis] = range.count;
    start += range.start * strides[axis];
    if (range.count > 1) strides[axis] *= range.step;
  }
  return pick(x, shape, [&](size_t i) { return strided(shape, strides, i, static_cast<size_t>(start)); });
}

}  // namespace

bool reshape(NodeScope& n) {
  HostTensor y = n.known(0);
  Shape shape = reshaped(n);
  require(checked_element_count(shape) && element_count(shape) == element_count(y.shape),
          "{} has not as many elements as {}", shape_to_string(shape), shape_to_string(y.shape));
  y.shape = std::move(shape);
  n.give_known(0, std::move(y));
  return true;
}

bool transpose(NodeScope& n) {
  const HostTensor& x = n.known(0);
  if (!is_small(x.shape)) return false;
  Shape shape;
  Dims strides;
  for (const int64_t dim : permutation_of(n)) {
    shape.push_back(x.shape[static_cast<size_t>(dim)]);
    strides.push_back(row_major_strides(x.shape)[static_cast<size_t>(dim)]);
  }
  n.give_known(0, pick(x, shape, [&](size_t i) { return strided(shape, strides, i); }));
  return true;
}

bool concat(NodeScope& n) {
  const auto axis = static_cast<size_t>(axis_of(n.whole("axis", 1), n.rank()));
  Shape shape = n.shape();
  shape[axis] = 0;
  for (size_t i = 0; i < n.inputs(); ++i) {
    const Shape& part = n.shape(i);
    require(part.size() == shape.size() && n.type(i) == n.type(), "its inputs are not of one rank and type");
    for (size_t dim = 0; dim < shape.size(); ++dim)
      require(dim == axis || part[dim] == n.shape()[dim], "{} and {} differ beside axis {}", shape_to_string(n.shape()),
              shape_to_string(part), axis);
    shape[axis] += part[axis];
  }
  if (!is_small(shape)) return false;
  HostTensor y = HostTensor::zeros(n.type(), shape);
  const auto inner =
      static_cast<size_t>(element_count(Shape(shape.begin() + static_cast<int64_t>(axis) + 1, shape.end())));
  size_t offset = 0;
  for (size_t i = 0; i < n.inputs(); ++i) {
    const HostTensor& part = n.known(i);
    const size_t run = static_cast<size_t>(part.shape[axis]) * inner;
    for (size_t at = 0; at < part.size(); ++at)
      y.set(at / run * static_cast<size_t>(shape[axis]) * inner + offset + at % run, part, at);
    offset += run;
  }
  n.give_known(0, std::move(y));
  return true;
}

bool slice(NodeScope& n) {
  const HostTensor& x = n.known(0);
  if (!is_small(x.shape)) return false;
  n.give_known(0, sliced(x, slice_ranges(n)));
  return true;
}

bool split(NodeScope& n) {
  const HostTensor& x = n.known(0);
  const int64_t axis = axis_of(n.whole("axis"), n.rank());
  if (!is_small(x.shape)) return false;
  const Dims sizes = split_sizes(n, n.dim(0, axis));
  int64_t start = 0;
  for (size_t i = 0; i < n.outputs(); ++i) {
    n.give_known(i, sliced(x, {{axis, start, sizes[i], 1}}));
    start += sizes[i];
  }
  return true;
}

bool gather(NodeScope& n) {
  const HostTensor& x = n.known(0);
  const auto axis = axis_of(n.whole("axis"), n.rank());
  if (!is_small(n.shape(1))) return false;
  const std::vector<size_t> indices = indices_below(n.known(1), n.dim(0, axis));
  Shape shape(x.shape.begin(), x.shape.begin() + axis);
  shape.insert(shape.end(), n.shape(1).begin(), n.shape(1).end());
  shape.insert(shape.end(), x.shape.begin() + axis + 1, x.shape.end());
  if (!is_small(shape)) return false;
  const auto inner = static_cast<size_t>(element_count(Shape(x.shape.begin() + axis + 1, x.shape.end())));
  const size_t row = inner * static_cast<size_t>(n.dim(0, axis));
  n.give_known(0, pick(x, shape, [&](size_t i) {
                 const size_t outer = i / inner / indices.size();
                 return outer * row + indices[i / inner % indices.size()] * inner + i % inner;
               }));
  return true;
}

bool gather_elements(NodeScope& n) {
  const HostTensor& x = n.known(0);
  const auto axis = static_cast<size_t>(axis_of(n.whole("axis"), n.rank()));
  require(n.shape(1).size() == x.shape.size(), "data and indices are not of one rank");
  if (!is_small(n.shape(1))) return false;
  const std::vector<size_t> indices = indices_below(n.known(1), x.shape[axis]);
  for (size_t dim = 0; dim < x.shape.size(); ++dim)
    require(dim == axis || n.shape(1)[dim] <= x.shape[dim], "the indices {} go beyond the data {}",
            shape_to_string(n.shape(1)), shape_to_string(x.shape));
  Dims strides = row_major_strides(x.shape);
  const int64_t stride = strides[axis];
  strides[axis] = 0;
  n.give_known(0, pick(x, n.shape(1), [&](size_t i) {
                 return strided(n.shape(1), strides, i) + indices[i] * static_cast<size_t>(stride);
               }));
  return true;
}

bool expand(NodeScope& n) {
  const HostTensor& x = n.known(0);
  const Shape shape = expanded(n);
  if (x.held() == 1 && checked_element_count(shape)) {
    HostTensor y = x;
    y.shape = shape;
    n.give_known(0, std::move(y));
    return true;
  }
  if (!is_small(shape)) return false;
  n.give_known(0, pick(x, shape, [&](size_t i) { return place_in(x.shape, shape, i); }));
  return true;
}

bool tile(NodeScope& n) {
  if (n.version() < 6 || n.inputs() != 2) return false;
  const HostTensor& x = n.known(0);
  const Dims repeats = repeats_of(n);
  Shape shape = x.shape;
  for (size_t i = 0; i < shape.size(); ++i)
    if (__builtin_mul_overflow(shape[i], repeats[i], &shape[i])) return false;
  if (!is_small(shape)) return false;
  const Dims strides = row_major_strides(x.shape);
  n.give_known(0, pick(x, shape, [&](size_t i) {
                 size_t place = 0;
                 for (size_t dim = shape.size(); dim-- > 0;) {
                   place += i % static_cast<size_t>(shape[dim]) % static_cast<size_t>(x.shape[dim]) *
                            static_cast<size_t>(strides[dim]);
                   i /= static_cast<size_t>(shape[dim]);
                 }
                 return place;
               }));
  return true;
}

bool range(NodeScope& n) {
  const HostTensor& start = n.known(0);
  const HostTensor& delta = n.known(2);
  require(n.type(1) == start.type && n.type(2) == start.type, "start, limit and delta are not of one type");
  const int64_t count = range_count(n.number(0), n.number(1), n.number(2));
  if (!is_small({count})) return false;
  HostTensor y = HostTensor::zeros(start.type, {count});
  for (size_t i = 0; i < y.held(); ++i)
    if (y.is_float()) y.floats[i] = rounded_to(y.type, start.floats[0] + static_cast<double>(i) * delta.floats[0]);
    else
      y.ints[i] = static_cast<int64_t>(static_cast<uint64_t>(start.ints[0]) + i * static_cast<uint64_t>(delta.ints[0]));
  n.give_known(0, std::move(y));
  return true;
}

bool constant_of_shape(NodeScope& n) {
  const Shape shape = n.whole_numbers(0);
  HostTensor y = HostTensor::splat(onnx::TensorProto::FLOAT, {1}, 0);
  if (const onnx::AttributeProto* value = n.attribute("value")) {
    auto decoded = decode_tensor(value->t(), n.folder());
    require(decoded.has_value(), "its value: {}", decoded ? "" : decoded.error().message);
    y = *std::move(decoded);
    require(y.size() == 1, "its value has {} elements", y.size());
  }
  require(checked_element_count(shape).has_value() && shape.size() <= kMaxRank, "the shape {} is none, or too large",
          shape_to_string(shape));
  y.shape = shape;
  if (element_count(shape) == 0) y = HostTensor::zeros(y.type, shape);
  n.give_known(0, std::move(y));
  return true;
}

}  // namespace minnow::onnx_fold

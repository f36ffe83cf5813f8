#include "frontend/onnx/ops/shapes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace minnow {
namespace {

int64_t product(Shape::const_iterator begin, Shape::const_iterator end) { return element_count(Shape(begin, end)); }

// 0 keeps a size, unless `allowzero`; -1 is what is left.
Shape reshape_to(const NodeScope& n) {
  const Shape& from = n.shape();
  Shape shape = n.has(1) ? n.whole_numbers(1) : n.wholes("shape");
  const bool keeps = n.whole("allowzero") == 0;
  int64_t rest = -1, others = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && keeps) {
      require(i < from.size(), "the shape {} keeps dimension {}, which {} has not", shape_to_string(shape), i,
              shape_to_string(from));
      shape[i] = from[i];
    }
    require(shape[i] >= -1, "the shape {} is none", shape_to_string(shape));
    require(shape[i] != -1 || rest < 0, "the shape {} leaves two sizes open", shape_to_string(shape));
    if (shape[i] == -1) rest = static_cast<int64_t>(i);
    else
      require(!__builtin_mul_overflow(others, shape[i], &others), "the shape {} is too large", shape_to_string(shape));
  }
  const int64_t elements = element_count(from);
  if (rest >= 0) {
    require(others > 0 && elements % others == 0, "{} elements of {} do not fit the shape {}", elements,
            shape_to_string(from), shape_to_string(shape));
    shape[static_cast<size_t>(rest)] = elements / others;
  }
  return shape;
}

Shape flattened(const NodeScope& n) {
  const Shape& shape = n.shape();
  const int64_t rank = n.rank(), axis = n.whole("axis", 1);
  require(axis >= -rank && axis <= rank, "axis {} does not exist in {} dimensions", axis, rank);
  const auto middle = shape.begin() + (axis < 0 ? axis + rank : axis);
  return {product(shape.begin(), middle), product(middle, shape.end())};
}

Shape squeezed(const NodeScope& n) {
  const Shape& shape = n.shape();
  Dims ones;
  for (int64_t i = 0; i < n.rank(); ++i)
    if (shape[static_cast<size_t>(i)] == 1) ones.push_back(i);
  Shape kept;
  const Dims axes = n.axes(1, n.rank(), ones);
  for (int64_t i = 0; i < n.rank(); ++i) {
    const int64_t size = shape[static_cast<size_t>(i)];
    const bool goes = std::ranges::find(axes, i) != axes.end();
    require(!goes || size == 1, "axis {} of {} has not the size 1", i, shape_to_string(shape));
    if (!goes) kept.push_back(size);
  }
  return kept;
}

Shape unsqueezed(const NodeScope& n) {
  const Dims given = n.has(1) ? n.whole_numbers(1) : n.wholes("axes");
  Shape shape = n.shape();
  const Dims axes = axes_of(given, n.rank() + static_cast<int64_t>(given.size()));
  for (const int64_t axis : axes) shape.insert(shape.begin() + axis, 1);
  return shape;
}

}  // namespace

Shape reshaped(const NodeScope& n) {
  if (n.op() == "Flatten") return flattened(n);
  if (n.op() == "Squeeze") return squeezed(n);
  return n.op() == "Unsqueeze" ? unsqueezed(n) : reshape_to(n);
}

std::vector<SliceRange> slice_ranges(const NodeScope& n) {
  const bool by_inputs = n.version() >= 10;
  const Dims starts = by_inputs ? n.whole_numbers(1) : n.wholes("starts");
  const Dims ends = by_inputs ? n.whole_numbers(2) : n.wholes("ends");
  Dims axes = first_dims(static_cast<int64_t>(starts.size()));
  if (by_inputs && n.has(3)) axes = n.whole_numbers(3);
  if (!by_inputs && n.has_attribute("axes")) axes = n.wholes("axes");
  const Dims steps = n.has(4) ? n.whole_numbers(4) : Dims(starts.size(), 1);
  require(ends.size() == starts.size() && axes.size() == starts.size() && steps.size() == starts.size(),
          "starts, ends, axes and steps are not of one length");
  (void)axes_of(axes, n.rank());
  std::vector<SliceRange> ranges;
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t axis = axis_of(axes[i], n.rank());
    const int64_t size = n.shape()[static_cast<size_t>(axis)], step = steps[i];
    require(step != 0 && step != std::numeric_limits<int64_t>::min(), "a step is {}", step);
    // Backwards it may start at the last element and end before the first.
    const int64_t least = step < 0 ? -1 : 0, most = step < 0 ? size - 1 : size;
    const auto within = [&](int64_t at) { return std::clamp(at < 0 ? at + size : at, least, most); };
    const int64_t start = starts[i] < 0 ? std::max<int64_t>(within(starts[i]), 0) : within(starts[i]);
    const int64_t span = step < 0 ? start - within(ends[i]) : within(ends[i]) - start;
    const int64_t stride = step < 0 ? -step : step;
    ranges.push_back({axis, start, size == 0 || span <= 0 ? 0 : (span - 1) / stride + 1, step});
  }
  return ranges;
}

Dims split_sizes(const NodeScope& n, int64_t size) {
  Dims sizes = n.has(1) ? n.whole_numbers(1) : n.wholes("split");
  const auto count = static_cast<int64_t>(n.outputs());
  require(n.whole("num_outputs", count) == count, "num_outputs is {}, but it has {} results", n.whole("num_outputs"),
          count);
  if (sizes.empty()) {
    const int64_t part = ceil_div(size, std::max<int64_t>(count, 1));
    for (int64_t i = 0; i < count; ++i) sizes.push_back(std::clamp<int64_t>(size - i * part, 0, part));
  }
  int64_t sum = 0;
  for (const int64_t part : sizes) {
    require(part >= 0 && part <= size, "a part of {} elements has {}", size, part);
    sum += part;
  }
  require(sum == size, "its parts have {} elements together, not {}", sum, size);
  require(sizes.size() >= n.outputs(), "it has {} parts, but {} results", sizes.size(), n.outputs());
  return sizes;
}

Dims permutation_of(const NodeScope& n) {
  Dims permutation = n.wholes("perm");
  if (permutation.empty()) {
    permutation = first_dims(n.rank());
    std::ranges::reverse(permutation);
  }
  require(axes_of(permutation, n.rank()).size() == n.shape().size(), "perm does not name each axis of {}",
          shape_to_string(n.shape()));
  for (int64_t& axis : permutation) axis = axis_of(axis, n.rank());
  return permutation;
}

Shape expanded(const NodeScope& n) {
  const Shape shape = n.whole_numbers(1);
  for (const int64_t size : shape) require(size >= 0, "the shape {} is none", shape_to_string(shape));
  return common_shape(n.shape(), shape);
}

Dims repeats_of(const NodeScope& n) {
  const Dims repeats = n.whole_numbers(1);
  require(repeats.size() == n.shape().size(), "it has {} repeats for the shape {}", repeats.size(),
          shape_to_string(n.shape()));
  for (const int64_t repeat : repeats)
    require(repeat >= 0 && repeat <= kMaxElements, "it is repeated {} times", repeat);
  return repeats;
}

std::vector<size_t> indices_below(const HostTensor& indices, int64_t size) {
  require(!indices.is_float(), "its indices are no whole numbers");
  constexpr size_t kMostIndices = size_t{1} << 25;
  require(indices.size() <= kMostIndices, "{} indices that are known are not supported", indices.size());
  std::vector<size_t> found;
  for (size_t i = 0; i < indices.size(); ++i) {
    const int64_t at = indices.whole(i);
    require(at >= -size && at < size, "the index {} does not exist among {}", at, size);
    found.push_back(static_cast<size_t>(at < 0 ? at + size : at));
  }
  return found;
}

int64_t range_count(double start, double limit, double delta) {
  require(delta != 0, "it goes in steps of 0");
  const double count = std::max(std::ceil((limit - start) / delta), 0.0);
  require(count <= static_cast<double>(kMaxElements), "it has {} elements", count);
  return static_cast<int64_t>(count);
}

}  // namespace minnow

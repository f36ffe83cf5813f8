#include <algorithm>
#include <cmath>

#include "frontend/onnx/ops/windows.h"

namespace minnow::onnx_ops {
namespace {

constexpr int64_t kMostTaps = 4096;
constexpr int64_t kMostCounted = int64_t{1} << 26;  // taps of all windows, where they differ

Dims kernel_shape(const NodeScope& n) {
  const Dims kernel = n.wholes("kernel_shape");
  require(!kernel.empty() && kernel.size() <= 6, "kernel_shape has {} numbers", kernel.size());
  for (const int64_t size : kernel) require(size >= 1 && size <= 1 << 20, "kernel_shape has a {}", size);
  return kernel;
}

// With what the windows reach beyond the input, of `value`.
Value* padded(GraphBuilder& b, Value* x, const std::vector<WindowAxis>& axes, double value) {
  Dims low(2, 0), high(2, 0);
  for (const WindowAxis& axis : axes) {
    low.push_back(axis.low);
    high.push_back(axis.high + axis.beyond);
  }
  return b.pad(x, low, high, value);
}

// What tap `tap` of each window sees along one dimension.
Value* tap_of(GraphBuilder& b, Value* x, int64_t dim, const WindowAxis& axis, int64_t tap) {
  const int64_t start = tap * axis.dilation;
  return b.slice(x, dim, start, start + (axis.output - 1) * axis.stride + 1, axis.stride);
}

// Whether the IR's windows say all: they have no dilation, and no window lies in the padding alone.
bool is_plain(const std::vector<WindowAxis>& axes) {
  const bool fits_rank = !axes.empty() && axes.size() <= 3;
  return fits_rank && std::ranges::all_of(axes, [](const WindowAxis& axis) {
           return (axis.kernel == 1 || axis.dilation == 1) && axis.low < axis.kernel && axis.high < axis.kernel &&
                  axis.beyond == 0 && axis.output > 0;
         });
}

WindowAttributes plain_window(const std::vector<WindowAxis>& axes) {
  WindowAttributes window;
  for (const WindowAxis& axis : axes) {
    window.window.push_back(axis.kernel);
    window.stride.push_back(axis.stride);
    window.pad.push_back(axis.low);
    window.pad.push_back(axis.high);
  }
  return window;
}

// Maxima and sums of windows are those along one dimension after the other.
Value* pooled(GraphBuilder& b, Value* x, const std::vector<WindowAxis>& axes, bool is_max) {
  if (is_plain(axes)) return b.create(is_max ? OpKind::kWindowMax : OpKind::kWindowSum, {x}, plain_window(axes));
  Value* y = padded(b, x, axes, is_max ? -INFINITY : 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    require(axes[i].kernel <= kMostTaps, "a window of {} is not supported here", axes[i].kernel);
    const auto dim = static_cast<int64_t>(i + 2);
    Value* along = tap_of(b, y, dim, axes[i], 0);
    for (int64_t tap = 1; tap < axes[i].kernel; ++tap) {
      Value* next = tap_of(b, y, dim, axes[i], tap);
      along = is_max ? b.max(along, next) : b.add(along, next);
    }
    y = along;
  }
  return y;
}

// The elements of x's windows that count, for each place of the result.
Value* counts(GraphBuilder& b, const NodeScope& n, const std::vector<WindowAxis>& axes) {
  const bool with_padding = n.whole("count_include_pad") != 0;
  Value* product = b.f32s({}, {1});
  for (size_t i = 0; i < axes.size(); ++i) {
    const WindowAxis& axis = axes[i];
    require(axis.output <= kMostCounted / axis.kernel, "{} windows of {} are not supported here", axis.output,
            axis.kernel);
    std::vector<double> along;
    for (int64_t at = 0; at < axis.output; ++at) {
      int64_t count = 0;
      for (int64_t tap = 0; tap < axis.kernel; ++tap) {
        const int64_t place = at * axis.stride - axis.low + tap * axis.dilation;
        count += with_padding ? place < axis.size + axis.high : place >= 0 && place < axis.size;
      }
      along.push_back(static_cast<double>(count));
    }
    Shape shape(axes.size() - i, 1);
    shape[0] = axis.output;
    product = b.mul(product, b.f32s(shape, along));
  }
  return product;
}

bool are_all_full(const std::vector<WindowAxis>& axes, bool with_padding) {
  return std::ranges::all_of(axes, [&](const WindowAxis& axis) {
    return axis.beyond == 0 && (with_padding || (axis.low == 0 && axis.high == 0));
  });
}

// The maxima and where in the whole input they lie; of equals the first.
struct Found {
  Value* values;
  Value* places;
};

Found pooled_with_places(NodeScope& n, Value* x, const std::vector<WindowAxis>& axes) {
  GraphBuilder& b = n.b;
  const Shape& shape = x->type.shape;
  Dims strides = row_major_strides(shape);
  if (n.whole("storage_order") != 0) {
    for (size_t dim = 2; dim < shape.size(); ++dim) strides[dim] = dim == 2 ? 1 : strides[dim - 1] * shape[dim - 1];
  }
  Value* places = b.constant({DType::kI32, shape}, 0);
  for (size_t dim = 0; dim < shape.size(); ++dim)
    places = b.add(places,
                   b.mul(b.iota({DType::kI32, shape}, static_cast<int64_t>(dim)), static_cast<double>(strides[dim])));
  Found found{padded(b, x, axes, -INFINITY), padded(b, places, axes, -1)};
  for (size_t i = axes.size(); i-- > 0;) {
    require(axes[i].kernel <= kMostTaps, "a window of {} is not supported here", axes[i].kernel);
    const auto dim = static_cast<int64_t>(i + 2);
    Found along{tap_of(b, found.values, dim, axes[i], 0), tap_of(b, found.places, dim, axes[i], 0)};
    for (int64_t tap = 1; tap < axes[i].kernel; ++tap) {
      Value* value = tap_of(b, found.values, dim, axes[i], tap);
      Value* place = tap_of(b, found.places, dim, axes[i], tap);
      Value* is_padding = b.binary(OpKind::kLess, along.places, 0.0);
      Value* is_better = b.create(OpKind::kOr, {b.binary(OpKind::kGreater, value, along.values), is_padding});
      along = {b.select(is_better, value, along.values), b.select(is_better, place, along.places)};
    }
    found = along;
  }
  return found;
}

}  // namespace

void max_pool(NodeScope& n) {
  GraphBuilder& b = n.b;
  const std::vector<WindowAxis> axes = window_axes(n, kernel_shape(n));
  Value* x = n.value();
  const DType dtype = x->type.dtype;
  x = b.convert(x, DType::kF32);
  if (!n.wants(1)) return n.give(b.convert(pooled(b, x, axes, true), dtype));
  const Found found = pooled_with_places(n, x, axes);
  n.give(b.convert(found.values, dtype));
  n.give(1, found.places, onnx::TensorProto::INT64);
}

void average_pool(NodeScope& n) {
  const std::vector<WindowAxis> axes = window_axes(n, kernel_shape(n));
  Value* sums = pooled(n.b, n.floats(), axes, false);
  if (!are_all_full(axes, n.whole("count_include_pad") != 0)) return n.give(n.b.div(sums, counts(n.b, n, axes)));
  double count = 1;
  for (const WindowAxis& axis : axes) count *= static_cast<double>(axis.kernel);
  n.give(n.b.mul(sums, 1 / count));
}

// (Σ |x|^p)^(1/p)
void lp_pool(NodeScope& n) {
  GraphBuilder& b = n.b;
  const std::vector<WindowAxis> axes = window_axes(n, kernel_shape(n));
  const auto p = static_cast<double>(n.whole("p", 2));
  require(p >= 1, "p is {}", p);
  Value* x = n.floats();
  if (p == 2) return n.give(b.sqrt(pooled(b, b.square(x), axes, false)));
  Value* sum = pooled(b, b.binary(OpKind::kPower, b.abs(x), p), axes, false);
  n.give(b.binary(OpKind::kPower, sum, 1 / p));
}

// GlobalMaxPool, GlobalAveragePool and GlobalLpPool.
void global_pool(NodeScope& n) {
  GraphBuilder& b = n.b;
  require(n.rank() > 2, "it needs [N,C,...], but is {}", shape_to_string(n.shape()));
  const Dims dims = dims_from(2, n.rank());
  Value* x = n.floats();
  if (n.op() == "GlobalMaxPool") return n.give(b.maximum(x, dims, true));
  if (n.op() == "GlobalAveragePool") return n.give(b.mean(x, dims, true));
  const auto p = static_cast<double>(n.whole("p", 2));
  require(p >= 1, "p is {}", p);
  n.give(b.binary(OpKind::kPower, b.sum(b.binary(OpKind::kPower, b.abs(x), p), dims, true), 1 / p));
}

// Each element where the pooling found it, in a tensor of zeros.
void max_unpool(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Dims kernel = kernel_shape(n), strides = per_axis(n, "strides", kernel.size(), 1);
  const Dims pads = per_axis(n, "pads", 2 * kernel.size(), 0);
  require(n.shape().size() == kernel.size() + 2, "kernel_shape does not fit {}", shape_to_string(n.shape()));
  Shape natural = n.shape();
  for (size_t i = 0; i < kernel.size(); ++i)
    natural[i + 2] = (n.shape()[i + 2] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + kernel.size()];
  const Shape shape = n.has(2) ? n.whole_numbers(2) : natural;
  require(shape.size() == natural.size() && checked_element_count(shape) && checked_element_count(natural) &&
              n.shape(1) == n.shape(),
          "its shapes do not fit");
  // Indices count within the natural shape, wherever that lies in a larger one.
  const int64_t count = element_count(natural);
  Value* flat = b.reshape(n.floats(), {element_count(n.shape())});
  Value* spread =
      b.scatter_add(flat, b.reshape(n.value(1), flat->type.shape), 0, std::max(count, element_count(shape)));
  if (element_count(shape) >= count && shape != natural) {
    Value* inner = b.reshape(b.slice(spread, 0, 0, count), natural);
    Dims low(shape.size(), 0), high;
    for (size_t i = 0; i < shape.size(); ++i) {
      require(shape[i] >= natural[i], "output_shape {} is smaller than {}", shape_to_string(shape),
              shape_to_string(natural));
      high.push_back(shape[i] - natural[i]);
    }
    return n.give(b.pad(inner, low, high));
  }
  n.give(b.reshape(spread, shape));
}

}  // namespace minnow::onnx_ops

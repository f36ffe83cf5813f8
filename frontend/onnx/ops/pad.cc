#include <algorithm>

#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {
namespace {

struct Padding {
  Dims low;  // of each dimension; negative ones cut off
  Dims high;
};

Padding padding_of(const NodeScope& n) {
  const bool by_inputs = n.version() >= 11;
  const Dims pads = by_inputs ? n.whole_numbers(1) : n.wholes(n.has_attribute("paddings") ? "paddings" : "pads");
  Dims axes = first_dims(n.rank());
  if (by_inputs && n.has(3)) axes = n.whole_numbers(3);
  require(pads.size() == 2 * axes.size(), "pads has {} numbers, but {} axes", pads.size(), axes.size());
  (void)axes_of(axes, n.rank());
  Padding padding{Dims(n.shape().size(), 0), Dims(n.shape().size(), 0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axis_of(axes[i], n.rank()));
    for (const int64_t amount : {pads[i], pads[i + axes.size()]})
      require(amount >= -kMaxElements && amount <= kMaxElements, "pads has a {}", amount);
    padding.low[axis] = pads[i];
    padding.high[axis] = pads[i + axes.size()];
  }
  return padding;
}

constexpr int64_t kMostRepeated = int64_t{1} << 24;

// Element i of one dimension, counted from the first padding, as an index of the input.
int64_t source_of(const std::string& mode, int64_t i, int64_t size) {
  if (mode == "edge") return std::clamp<int64_t>(i, 0, size - 1);
  if (mode == "wrap") return (i % size + size) % size;
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1), place = (i % period + period) % period;
  return place < size ? place : period - place;
}

Value* padded_by_elements(NodeScope& n, Value* x, int64_t dim, int64_t low, int64_t high, const std::string& mode) {
  const int64_t size = x->type.dim(dim);
  require(size > 0, "there is nothing to pad with");
  require(low <= kMostRepeated && high <= kMostRepeated && size <= 2 * kMostRepeated,
          "pads of {} and {} beside {} elements are not supported", low, high, size);
  Dims sources;
  for (int64_t i = -low; i < size + high; ++i) sources.push_back(source_of(mode, i, size));
  return n.b.gather(x, n.b.i32s({static_cast<int64_t>(sources.size())}, sources), dim);
}

}  // namespace

void pad(NodeScope& n) {
  GraphBuilder& b = n.b;
  Padding padding = padding_of(n);
  const std::string mode = n.text("mode", "constant");
  require(mode == "constant" || mode == "edge" || mode == "reflect" || mode == "wrap", "the mode \"{}\" is not known",
          mode);
  Value* x = n.value();
  for (int64_t dim = 0; dim < n.rank(); ++dim) {
    const auto at = static_cast<size_t>(dim);
    const int64_t size = n.dim(0, dim), cut_low = std::max<int64_t>(-padding.low[at], 0),
                  cut_high = std::max<int64_t>(-padding.high[at], 0);
    require(cut_low + cut_high <= size, "more is cut off than the {} that there are", size);
    x = b.slice(x, dim, cut_low, size - cut_high);
    padding.low[at] = std::max<int64_t>(padding.low[at], 0);
    padding.high[at] = std::max<int64_t>(padding.high[at], 0);
    if (mode != "constant" && padding.low[at] + padding.high[at] > 0)
      x = padded_by_elements(n, x, dim, padding.low[at], padding.high[at], mode);
  }
  if (mode != "constant") return n.give(x);
  const double number = n.version() < 11 ? n.real("value") : n.is_known(2) ? n.number(2) : 0;
  if (!n.has(2) || n.is_known(2)) return n.give(b.pad(x, padding.low, padding.high, number));
  // A value that is computed stands where a padded row of ones has none.
  Value* inside = b.pad(b.constant({DType::kI32, x->type.shape}, 1), padding.low, padding.high);
  Value* value = b.broadcast_to(b.reshape(n.value(2), {}), inside->type.shape);
  n.give(b.select(b.binary(OpKind::kEqual, inside, 1.0), b.pad(x, padding.low, padding.high), value));
}

// The middle of each axis, or zeros around it.
void center_crop_pad(NodeScope& n) {
  const Shape wanted = n.whole_numbers(1);
  const Dims axes = n.has_attribute("axes") ? n.wholes("axes") : first_dims(n.rank());
  require(wanted.size() == axes.size(), "it has {} sizes for {} axes", wanted.size(), axes.size());
  Value* x = n.value();
  for (size_t i = 0; i < axes.size(); ++i) {
    require(wanted[i] >= 0 && wanted[i] <= kMaxElements, "it has the size {}", wanted[i]);
    const int64_t dim = axis_of(axes[i], n.rank()), size = x->type.dim(dim), change = wanted[i] - size;
    if (change < 0) x = n.b.slice(x, dim, -change / 2, -change / 2 + wanted[i]);
    if (change <= 0) continue;
    Dims low(n.shape().size(), 0), high = low;
    low[static_cast<size_t>(dim)] = change / 2;
    high[static_cast<size_t>(dim)] = change - change / 2;
    x = n.b.pad(x, low, high);
  }
  n.give(x);
}

}  // namespace minnow::onnx_ops

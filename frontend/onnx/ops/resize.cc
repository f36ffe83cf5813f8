// Resize and Upsample: each result is a weighted sum of few elements along each axis. As shapes and scales are known,
// so are places and weights. An axis that becomes a whole number of times as long is a sum of shifted inputs; another
// that is short is a product with the matrix of all weights; a long one is one gather of all taps and one sum.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "frontend/onnx/ops/resize_taps.h"
#include "ir/neighbours.h"

namespace minnow::onnx_ops {
namespace {

constexpr double kMostWeights = 1 << 23;  // of all results along an axis

// Where all elements are made into as many results in the same way, to the precision of f32.
std::optional<std::vector<Neighbour>> neighbours_of(const std::vector<Taps>& all, const ResizeAxis& axis) {
  if (axis.output % axis.input != 0) return std::nullopt;
  const int64_t factor = axis.output / axis.input;
  std::map<int64_t, std::vector<double>> weights;  // by distance
  for (int64_t i = 0; i < axis.output; ++i) {
    const int64_t element = i / factor, phase = i % factor;
    const Taps& taps = all[static_cast<size_t>(i)];
    const Taps& first = all[static_cast<size_t>(phase)];
    if (taps.places.size() != first.places.size()) return std::nullopt;
    for (size_t tap = 0; tap < taps.places.size(); ++tap) {
      const int64_t distance = taps.places[tap] - element;
      const auto weight = static_cast<float>(taps.weights[tap]);
      if (distance != first.places[tap] || weight != static_cast<float>(first.weights[tap])) return std::nullopt;
      auto& of_distance = weights[distance];
      of_distance.resize(static_cast<size_t>(factor));
      of_distance[static_cast<size_t>(phase)] = taps.weights[tap];
    }
  }
  std::vector<Neighbour> neighbours;
  for (auto& [distance, of_distance] : weights) neighbours.push_back({distance, std::move(of_distance)});
  return neighbours;
}

// Multiply-adds of a result that a product takes in the time of a gather.
constexpr int64_t kLongestRow = 128;

// w [O, I], x [..., I, ...] → [..., O, ...].
Value* product_along(GraphBuilder& b, Value* x, const std::vector<Taps>& all, const ResizeAxis& axis) {
  std::vector<double> weights(static_cast<size_t>(axis.output * axis.input));
  for (int64_t i = 0; i < axis.output; ++i) {
    const Taps& taps = all[static_cast<size_t>(i)];
    for (size_t tap = 0; tap < taps.places.size(); ++tap)
      weights[static_cast<size_t>(i * axis.input + std::clamp<int64_t>(taps.places[tap], 0, axis.input - 1))] +=
          taps.weights[tap];
  }
  Value* w = b.f32s({axis.output, axis.input}, std::move(weights));
  Shape shape = x->type.shape;
  shape[static_cast<size_t>(axis.dim)] = axis.output;
  if (axis.dim == std::ssize(shape) - 1) return b.matmul(x, b.transpose(w, {1, 0}));
  if (axis.dim == std::ssize(shape) - 2) return b.matmul(w, x);
  int64_t behind = 1;
  for (int64_t dim = axis.dim + 1; dim < std::ssize(shape); ++dim) behind *= shape[static_cast<size_t>(dim)];
  const int64_t before = x->type.elements() / std::max<int64_t>(behind * axis.input, 1);
  return b.reshape(b.matmul(w, b.reshape(x, {before, axis.input, behind})), shape);
}

// [..., I, ...] → [..., O, T, ...] → [..., O, ...].
Value* sum_of_taps(GraphBuilder& b, Value* x, std::vector<Taps> all, const ResizeAxis& axis) {
  size_t most = 1;
  for (const Taps& taps : all) most = std::max(most, taps.places.size());
  Dims places;
  std::vector<double> weights;
  for (Taps& taps : all) {
    for (int64_t& place : taps.places) place = std::clamp<int64_t>(place, 0, axis.input - 1);
    taps.places.resize(most, 0);
    taps.weights.resize(most, 0);
    places.insert(places.end(), taps.places.begin(), taps.places.end());
    weights.insert(weights.end(), taps.weights.begin(), taps.weights.end());
  }
  const auto taps = static_cast<int64_t>(most);
  if (most == 1) return b.gather(x, b.i32s({axis.output}, places), axis.dim);
  Value* seen = b.gather(x, b.i32s({axis.output, taps}, places), axis.dim);
  Shape shape(seen->type.shape.size(), 1);
  shape[static_cast<size_t>(axis.dim)] = axis.output;
  shape[static_cast<size_t>(axis.dim) + 1] = taps;
  return b.sum(b.mul(seen, b.f32s(shape, weights)), {axis.dim + 1});
}

Value* resized(GraphBuilder& b, Value* x, const ResizeForm& form, const ResizeAxis& axis) {
  require(static_cast<double>(axis.output) * taps_at_most(form, axis) <= kMostWeights,
          "an axis of {} that becomes {} is not supported", axis.input, axis.output);
  std::vector<Taps> all;
  for (int64_t i = 0; i < axis.output; ++i) all.push_back(taps_of(form, axis, i));
  const auto neighbours = neighbours_of(all, axis);
  const bool is_exact = form.mode != "nearest" || (neighbours && neighbours->size() == 1);  // no 0 times infinity
  if (neighbours && is_exact) return sum_of_neighbours(b, x, axis.dim, *neighbours);
  const bool is_short = axis.input <= kLongestRow && static_cast<double>(axis.output * axis.input) <= kMostWeights;
  if (form.mode != "nearest" && is_short) return product_along(b, x, all, axis);
  return sum_of_taps(b, x, std::move(all), axis);
}

ResizeForm form_of(const NodeScope& n) {
  const bool is_old = n.op() == "Upsample" || n.version() < 11;
  ResizeForm form{.mode = n.text("mode", "nearest"),
                  .coordinates = is_old ? "asymmetric" : n.text("coordinate_transformation_mode", "half_pixel"),
                  .nearest = is_old ? "floor" : n.text("nearest_mode", "round_prefer_floor"),
                  .cubic = n.real("cubic_coeff_a", -0.75),
                  .excludes_outside = n.whole("exclude_outside") != 0,
                  .antialias = n.whole("antialias") != 0,
                  .extrapolation = n.real("extrapolation_value")};
  if (form.mode == "bilinear") form.mode = "linear";
  require(form.mode == "nearest" || form.mode == "linear" || form.mode == "cubic", "the mode \"{}\" is not known",
          form.mode);
  return form;
}

// Sizes, or how much larger each axis becomes.
std::vector<ResizeAxis> axes_to_resize(const NodeScope& n) {
  const bool is_old = n.op() == "Upsample" || n.version() < 11;
  const Dims dims = n.has_attribute("axes") ? n.wholes("axes") : first_dims(n.rank());
  (void)axes_of(dims, n.rank());
  const size_t scales_input = is_old ? 1 : 2;
  std::vector<double> scales;
  if (n.has(scales_input)) {
    const HostTensor& known = n.known(scales_input);
    require(known.size() <= dims.size(), "it has {} scales for {} axes", known.size(), dims.size());
    for (size_t i = 0; i < known.size(); ++i) scales.push_back(known.number(i));
  }
  if (n.has_attribute("scales")) scales = n.reals("scales");
  if (n.has_attribute("height_scale")) scales = {1, 1, n.real("height_scale", 1), n.real("width_scale", 1)};
  const Dims sizes = !is_old && n.has(3) ? n.whole_numbers(3) : Dims();
  const size_t given = sizes.empty() ? scales.size() : sizes.size();
  require(given == dims.size(), "it has {} scales or sizes for {} axes", given, dims.size());
  std::vector<ResizeAxis> axes;
  for (size_t i = 0; i < dims.size(); ++i) {
    ResizeAxis axis{axis_of(dims[i], n.rank()), n.dim(0, dims[i]), 0, 1};
    require(axis.input > 0, "there is nothing to resize");
    const double size =
        sizes.empty() ? std::floor(static_cast<double>(axis.input) * scales[i]) : static_cast<double>(sizes[i]);
    require(size >= 1 && size <= 1 << 24, "an axis gets the size {}", size);
    axis.output = static_cast<int64_t>(size);
    axis.scale = sizes.empty() ? scales[i] : size / static_cast<double>(axis.input);
    axes.push_back(axis);
  }
  return axes;
}

// The same scale for all, as the policy says.
void keep_aspect(const NodeScope& n, std::vector<ResizeAxis>& axes) {
  const std::string policy = n.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || axes.empty()) return;
  require(policy == "not_larger" || policy == "not_smaller", "keep_aspect_ratio_policy is \"{}\", which is not known",
          policy);
  double scale = axes[0].scale;
  for (const ResizeAxis& axis : axes)
    scale = policy == "not_larger" ? std::min(scale, axis.scale) : std::max(scale, axis.scale);
  for (ResizeAxis& axis : axes) {
    axis.scale = scale;
    const double size = std::floor(scale * static_cast<double>(axis.input) + 0.5);
    require(size <= kMostWeights, "an axis gets the size {}", size);
    axis.output = std::max<int64_t>(static_cast<int64_t>(size), 1);
  }
}

// Results whose centre lies outside of the input along any axis.
Value* with_extrapolation(GraphBuilder& b, Value* y, const ResizeForm& form, const std::vector<ResizeAxis>& axes) {
  for (const ResizeAxis& axis : axes) {
    std::vector<double> outside;
    for (int64_t i = 0; i < axis.output; ++i) {
      const double x = coordinate(form, axis, i);
      outside.push_back(x < 0 || x > static_cast<double>(axis.input - 1) ? 1 : 0);
    }
    Value* is_outside = b.along(b.constant({DType::kPred, {axis.output}}, outside), axis.dim, y->type.shape);
    y = b.select(is_outside, form.extrapolation, y);
  }
  return y;
}

}  // namespace

void resize(NodeScope& n) {
  GraphBuilder& b = n.b;
  const ResizeForm form = form_of(n);
  std::vector<ResizeAxis> axes = axes_to_resize(n);
  keep_aspect(n, axes);
  const bool crops = form.coordinates == "tf_crop_and_resize";
  if (crops) {
    const HostTensor& roi = n.known(1);
    require(roi.size() == 2 * axes.size(), "roi has {} numbers", roi.size());
    for (size_t i = 0; i < axes.size(); ++i)
      axes[i].roi_start = roi.number(i), axes[i].roi_end = roi.number(i + axes.size());
  }
  Value* x = n.value();
  const DType dtype = x->type.dtype;
  if (form.mode != "nearest") x = b.convert(x, DType::kF32);
  for (const ResizeAxis& axis : axes)
    if (axis.output != axis.input || axis.scale != 1 || crops) x = resized(b, x, form, axis);
  if (crops) x = with_extrapolation(b, x, form, axes);
  n.give(b.convert(x, dtype));
}

}  // namespace minnow::onnx_ops

#include "frontend/onnx/ops/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace minnow::onnx_ops {

double coordinate(const ResizeForm& form, const ResizeAxis& axis, int64_t i) {
  const auto at = static_cast<double>(i), input = static_cast<double>(axis.input), output = axis.scale * input;
  if (form.coordinates == "asymmetric") return at / axis.scale;
  if (form.coordinates == "align_corners") return output == 1 ? 0 : at * (input - 1) / (output - 1);
  if (form.coordinates == "pytorch_half_pixel") return axis.output == 1 ? 0 : (at + 0.5) / axis.scale - 0.5;
  if (form.coordinates == "half_pixel_symmetric") {
    const double adjustment = static_cast<double>(axis.output) / output;
    return input / 2 * (1 - adjustment) + (at + 0.5) / axis.scale - 0.5;
  }
  if (form.coordinates == "tf_half_pixel_for_nn") return (at + 0.5) / axis.scale;
  if (form.coordinates == "tf_crop_and_resize") {
    if (axis.output == 1) return 0.5 * (axis.roi_start + axis.roi_end) * (input - 1);
    return axis.roi_start * (input - 1) + at * (axis.roi_end - axis.roi_start) * (input - 1) / (output - 1);
  }
  require(form.coordinates == "half_pixel", "coordinate_transformation_mode is \"{}\", which is not known",
          form.coordinates);
  return (at + 0.5) / axis.scale - 0.5;
}

namespace {

int64_t nearest_place(const std::string& mode, double x) {
  if (mode == "floor") return static_cast<int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<int64_t>(std::ceil(x));
  if (mode == "round_prefer_ceil") return static_cast<int64_t>(std::floor(x + 0.5));
  require(mode == "round_prefer_floor", "nearest_mode is \"{}\", which is not known", mode);
  return static_cast<int64_t>(std::ceil(x - 0.5));
}

// Keys' cubic, https://doi.org/10.1109/TASSP.1981.1163711.
double cubic_weight(double a, double x) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

double kernel_weight(const ResizeForm& form, double x) {
  return form.mode == "linear" ? std::max(0.0, 1 - std::abs(x)) : cubic_weight(form.cubic, x);
}

}  // namespace

Taps taps_of(const ResizeForm& form, const ResizeAxis& axis, int64_t i) {
  const double x = coordinate(form, axis, i);
  if (form.mode == "nearest") return {{nearest_place(form.nearest, x)}, {1}};
  // Made smaller, the kernel is as much wider.
  const double stretch = form.antialias ? std::min(axis.scale, 1.0) : 1;
  const double reach = (form.mode == "linear" ? 1 : 2) / stretch;
  Taps taps;
  double sum = 0;
  for (auto place = static_cast<int64_t>(std::floor(x - reach)); place <= static_cast<int64_t>(std::ceil(x + reach));
       ++place) {
    const double weight = kernel_weight(form, (static_cast<double>(place) - x) * stretch);
    const bool is_outside = place < 0 || place >= axis.input;
    if (weight == 0 || (is_outside && form.excludes_outside)) continue;
    taps.places.push_back(place);
    taps.weights.push_back(weight);
    sum += weight;
  }
  for (double& weight : taps.weights) weight /= sum;
  return taps;
}

double taps_at_most(const ResizeForm& form, const ResizeAxis& axis) {
  if (form.mode == "nearest") return 1;
  const double reach = form.mode == "linear" ? 1 : 2;
  return 2 * reach / (form.antialias ? std::min(axis.scale, 1.0) : 1) + 2;
}

}  // namespace minnow::onnx_ops

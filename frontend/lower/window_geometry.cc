#include "frontend/lower/window_geometry.h"

#include <algorithm>

#include "ir/infer.h"

namespace minnow {
namespace {

int64_t span_of(const WindowGeometry& window, size_t axis) {
  return window.dilation[axis] * (window.kernel[axis] - 1) + 1;
}

void pad_to_same(WindowGeometry* window, const std::array<int64_t, 2>& size) {
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t stride = window->stride[axis];
    const int64_t output = (size[axis] + stride - 1) / stride;
    const int64_t total = std::max<int64_t>(0, (output - 1) * stride + span_of(*window, axis) - size[axis]);
    window->pad[2 * axis] = total / 2;
    window->pad[2 * axis + 1] = total - total / 2;
  }
}

std::string by(int64_t height, int64_t width) { return fmt::format("{}x{}", height, width); }

tl::unexpected<Error> does_not_fit(const LayerScope& scope, const WindowGeometry& window,
                                   const std::array<int64_t, 2>& size) {
  std::string kernel = by(window.kernel[0], window.kernel[1]);
  if (window.dilation != std::array<int64_t, 2>{1, 1})
    kernel += fmt::format(" with dilation {} (spanning {})", by(window.dilation[0], window.dilation[1]),
                          by(span_of(window, 0), span_of(window, 1)));
  std::string input = by(size[0], size[1]) + " input";
  if (window.pad != std::array<int64_t, 4>{})
    input += ", padded to " + by(size[0] + window.pad[0] + window.pad[1], size[1] + window.pad[2] + window.pad[3]);
  return scope.complain("kernel", "kernel {} does not fit its {}{}", kernel, input, scope.from());
}

Result<WindowGeometry> place(const LayerScope& scope, WindowGeometry window, spec::Padding::Rule rule) {
  const std::array<int64_t, 2> size = {scope.input_shape()[2], scope.input_shape()[3]};
  if (rule == spec::Padding::SAME) pad_to_same(&window, size);
  for (size_t axis = 0; axis < 2; ++axis) {
    window.output[axis] = window_extent(size[axis], window.pad[2 * axis] + window.pad[2 * axis + 1],
                                        window.kernel[axis], window.stride[axis], window.dilation[axis]);
    if (window.output[axis] <= 0) return does_not_fit(scope, window, size);
  }
  return window;
}

}  // namespace

std::array<int64_t, 2> pair_of(const Numbers& values) { return {values[0], values[values.size() - 1]}; }

std::array<int64_t, 4> explicit_pad(const Numbers& pad) {
  switch (pad.size()) {
    case 0: return {0, 0, 0, 0};
    case 4: return {pad[0], pad[1], pad[2], pad[3]};
    default: {
      const auto [vertical, horizontal] = pair_of(pad);
      return {vertical, vertical, horizontal, horizontal};
    }
  }
}

Status check_padding(const LayerFields& fields, spec::Padding::Rule rule, const Numbers& pad) {
  if (pad.empty() || rule != spec::Padding::SAME) return {};
  return fields.complain("pad", "pad and padding: SAME exclude each other");
}

Result<WindowGeometry> conv_geometry(const LayerScope& scope, const spec::Conv2D& conv) {
  return place(scope,
               {pair_of(conv.kernel()), pair_of(conv.stride()), pair_of(conv.dilation()), explicit_pad(conv.pad()), {}},
               conv.padding());
}

Result<WindowGeometry> pool_geometry(const LayerScope& scope, const spec::Pool& pool) {
  return place(scope, {pair_of(pool.kernel()), pair_of(pool.stride()), {1, 1}, explicit_pad(pool.pad()), {}},
               pool.padding());
}

}  // namespace minnow

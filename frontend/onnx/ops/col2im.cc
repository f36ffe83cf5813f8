// Col2Im, which puts an image together from windows of it, laid out as columns: where they overlap, they add up.
#include "frontend/onnx/ops/windows.h"

namespace minnow::onnx_ops {
namespace {

constexpr int64_t kMostPlaces = int64_t{1} << 24;

struct Axis {
  int64_t size, kernel, stride, dilation, low, high, windows;
};

std::vector<Axis> axes_of_image(const NodeScope& n) {
  const Dims image = n.whole_numbers(1), kernel = n.whole_numbers(2);
  require(!image.empty() && image.size() == kernel.size(), "an image of {} dimensions has windows of {}", image.size(),
          kernel.size());
  const size_t rank = image.size();
  const Dims strides = per_axis(n, "strides", rank, 1), dilations = per_axis(n, "dilations", rank, 1);
  const Dims pads = per_axis(n, "pads", 2 * rank, 0);
  std::vector<Axis> axes;
  for (size_t i = 0; i < rank; ++i) {
    Axis axis{image[i], kernel[i], strides[i], dilations[i], pads[i], pads[rank + i], 0};
    for (const int64_t number : {axis.size, axis.kernel, axis.stride, axis.dilation})
      require(number > 0 && number <= kMostPlaces, "sizes, strides and dilations must be positive, and no more than {}",
              kMostPlaces);
    require(std::abs(axis.low) <= kMostPlaces && std::abs(axis.high) <= kMostPlaces, "its pads are too large");
    const int64_t room = axis.size + axis.low + axis.high - axis.dilation * (axis.kernel - 1) - 1;
    require(room >= 0, "windows of {} do not fit into {}", axis.kernel, axis.size);
    axis.windows = room / axis.stride + 1;
    axes.push_back(axis);
  }
  return axes;
}

// Where in the image, row-major, element [kernel position][window] lies; `padding` where it is outside.
Dims places_of(const std::vector<Axis>& axes, int64_t kernels, int64_t windows, int64_t padding) {
  Dims places;
  for (int64_t k = 0; k < kernels; ++k)
    for (int64_t w = 0; w < windows; ++w) {
      int64_t place = 0, k_left = k, w_left = w, unit = 1;
      for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
        const int64_t at = w_left % axis->windows * axis->stride + k_left % axis->kernel * axis->dilation - axis->low;
        const bool is_inside = place >= 0 && at >= 0 && at < axis->size;
        place = is_inside ? place + at * unit : -1;
        w_left /= axis->windows;
        k_left /= axis->kernel;
        unit *= axis->size;
      }
      places.push_back(place < 0 ? padding : place);
    }
  return places;
}

}  // namespace

// x [N, C K, L] → y [N, C, image...]
void col2im(NodeScope& n) {
  GraphBuilder& b = n.b;
  const std::vector<Axis> axes = axes_of_image(n);
  Shape image;
  int64_t kernels = 1, windows = 1, pixels = 1;
  for (const Axis& axis : axes) {
    image.push_back(axis.size);
    kernels *= axis.kernel;
    windows *= axis.windows;
    pixels *= axis.size;
    require(pixels <= kMostPlaces, "the image has more than {} elements", kMostPlaces);
    require(kernels <= kMostPlaces && windows <= kMostPlaces / kernels, "it has more than {} elements", kMostPlaces);
  }
  require(n.rank() == 3 && n.dim(0, 1) % kernels == 0 && n.dim(0, 2) == windows,
          "{} are no columns of {} windows of {} elements", shape_to_string(n.shape()), windows, kernels);
  const int64_t batch = n.dim(0, 0), channels = n.dim(0, 1) / kernels;
  Value* columns = b.reshape(n.floats(), {batch * channels, kernels * windows});
  const Dims places = places_of(axes, kernels, windows, pixels);
  Value* all = b.scatter_add(columns, b.i32s({kernels * windows}, places), 1, pixels + 1);  // one more, which goes
  image.insert(image.begin(), {batch, channels});
  n.give(b.reshape(b.slice(all, 1, 0, pixels), image));
}

}  // namespace minnow::onnx_ops

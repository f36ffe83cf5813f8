#include "frontend/onnx/ops/windows.h"

#include <algorithm>

namespace minnow {
namespace {

constexpr int64_t kMost = int64_t{1} << 20;

// As many results as steps fit in, of which padding is made.
void pad_to_same(WindowAxis& axis, bool more_behind) {
  axis.output = ceil_div(axis.size, axis.stride);
  const int64_t total = std::max<int64_t>((axis.output - 1) * axis.stride + axis.span() - axis.size, 0);
  axis.low = more_behind ? total / 2 : total - total / 2;
  axis.high = total - axis.low;
}

void count_outputs(WindowAxis& axis, bool rounds_up) {
  const int64_t room = axis.size + axis.low + axis.high - axis.span();
  // Rounding up, a first window may begin within the picture and end behind it.
  const bool begins_within = rounds_up && axis.size + axis.low > 0 && -room < axis.stride;
  require(room >= 0 || begins_within, "its window of {} does not fit {} with a padding of {} and {}", axis.span(),
          axis.size, axis.low, axis.high);
  axis.output = (rounds_up ? ceil_div(std::max<int64_t>(room, 0), axis.stride) : room / axis.stride) + 1;
  // No window lies in the padding behind alone.
  if (rounds_up && (axis.output - 1) * axis.stride >= axis.size + axis.low) --axis.output;
  axis.beyond = std::max<int64_t>((axis.output - 1) * axis.stride - room, 0);
}

}  // namespace

Dims per_axis(const NodeScope& n, std::string_view name, size_t count, int64_t otherwise) {
  const Dims list = n.has_attribute(name) ? n.wholes(name) : Dims(count, otherwise);
  require(list.size() == count, "{} has {} numbers, but {} are needed", name, list.size(), count);
  for (const int64_t number : list)
    require(number >= (name == "pads" || name == "output_padding" ? 0 : 1) && number <= kMost, "{} has a {}", name,
            number);
  return list;
}

std::vector<WindowAxis> window_axes(const NodeScope& n, const Dims& kernel) {
  const size_t count = kernel.size();
  require(n.shape().size() == count + 2, "a window of {} dimensions does not fit {}", count,
          shape_to_string(n.shape()));
  const Dims strides = per_axis(n, "strides", count, 1), dilations = per_axis(n, "dilations", count, 1);
  const Dims pads = per_axis(n, "pads", 2 * count, 0);
  const std::string mode = n.text("auto_pad", "NOTSET");
  require(mode == "NOTSET" || mode == "VALID" || mode == "SAME_UPPER" || mode == "SAME_LOWER",
          "auto_pad is \"{}\", which is not known", mode);
  std::vector<WindowAxis> axes;
  for (size_t i = 0; i < count; ++i) {
    require(kernel[i] >= 1 && kernel[i] <= kMost && kernel[i] * dilations[i] <= kMost, "its window has the size {}",
            kernel[i]);
    WindowAxis axis{n.shape()[i + 2], kernel[i], strides[i], dilations[i]};
    if (mode == "NOTSET") axis.low = pads[i], axis.high = pads[i + count];
    if (mode.starts_with("SAME")) pad_to_same(axis, mode == "SAME_UPPER");
    else count_outputs(axis, n.whole("ceil_mode") != 0);
    axes.push_back(axis);
  }
  return axes;
}

}  // namespace minnow

#include "frontend/lower/window_geometry.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "ir/infer.h"

namespace minnow {
namespace {

int64_t span_of(const WindowGeometry& window, size_t axis) {
  return window.dilation[axis] * (window.kernel[axis] - 1) + 1;
}

void pad_to_same(WindowGeometry* window, const Shape& size) {
  for (size_t axis = 0; axis < size.size(); ++axis) {
    const int64_t stride = window->stride[axis];
    const int64_t output = ceil_div(size[axis], stride);
    const int64_t total = std::max<int64_t>(0, (output - 1) * stride + span_of(*window, axis) - size[axis]);
    window->pad[2 * axis] = total / 2;
    window->pad[2 * axis + 1] = total - total / 2;
  }
}

tl::unexpected<Error> does_not_fit(const LayerScope& scope, const WindowGeometry& window, const Shape& size) {
  std::string kernel = by(window.kernel);
  std::vector<int64_t> spans;
  Shape padded = size;
  for (size_t axis = 0; axis < size.size(); ++axis) {
    spans.push_back(span_of(window, axis));
    padded[axis] += window.pad[2 * axis] + window.pad[2 * axis + 1];
  }
  if (spans != window.kernel) kernel += fmt::format(" with dilation {} (spanning {})", by(window.dilation), by(spans));
  std::string input = by(size) + " input";
  if (padded != size) input += ", padded to " + by(padded);
  return scope.complain("kernel", "kernel {} does not fit its {}{}", kernel, input, scope.from());
}

Result<WindowGeometry> place(const LayerScope& scope, WindowGeometry window, spec::Padding::Rule rule) {
  const Shape size = scope.space();
  if (rule == spec::Padding::SAME) pad_to_same(&window, size);
  for (size_t axis = 0; axis < size.size(); ++axis) {
    window.output.push_back(window_extent(size[axis], window.pad[2 * axis] + window.pad[2 * axis + 1],
                                          window.kernel[axis], window.stride[axis], window.dilation[axis]));
    if (window.output[axis] <= 0) return does_not_fit(scope, window, size);
  }
  return window;
}

// One value, `dims` of them, or, where there may be, twice as many.
Status check_count(const LayerFields& fields, std::string_view field, size_t count, std::vector<size_t> allowed) {
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
  if (count == 0 || std::ranges::find(allowed, count) != allowed.end()) return {};
  constexpr std::string_view kWords[] = {"none", "one", "two", "three", "four", "five", "six"};
  std::string text;
  for (size_t i = 0; i < allowed.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == allowed.size() ? " or " : ", ", kWords[allowed[i]]);
  return fields.complain(field, "{} has {} values, but takes {}", field, count, text);
}

size_t count_of(const Numbers& values) { return static_cast<size_t>(values.size()); }

}  // namespace

std::string by(const std::vector<int64_t>& extents) { return fmt::format("{}", fmt::join(extents, "x")); }

int64_t product(const std::vector<int64_t>& extents) {
  int64_t result = 1;
  for (const int64_t extent : extents) result *= extent;
  return result;
}

Status check_value_count(const LayerFields& fields, std::string_view field, const Numbers& values, size_t dims) {
  return check_count(fields, field, count_of(values), {1, dims});
}

Status check_padding(const LayerFields& fields, spec::Padding::Rule rule, const Numbers& pad, size_t dims) {
  MINNOW_TRY(check_count(fields, "pad", count_of(pad), {1, dims, 2 * dims}));
  if (pad.empty() || rule != spec::Padding::SAME) return {};
  return fields.complain("pad", "pad and padding: SAME exclude each other");
}

std::vector<int64_t> per_dimension(const Numbers& values, size_t dims) {
  if (values.size() == 1) return std::vector<int64_t>(dims, values[0]);
  return {values.begin(), values.end()};
}

std::vector<int64_t> explicit_pad(const Numbers& pad, size_t dims) {
  if (pad.empty()) return std::vector<int64_t>(2 * dims, 0);
  if (count_of(pad) == 2 * dims) return {pad.begin(), pad.end()};
  std::vector<int64_t> sides;
  for (const int64_t both : per_dimension(pad, dims)) sides.insert(sides.end(), {both, both});
  return sides;
}

Result<WindowGeometry> conv_geometry(const LayerScope& scope, const spec::Conv& conv) {
  const size_t dims = scope.space().size();
  return place(scope,
               {.kernel = per_dimension(conv.kernel(), dims),
                .stride = per_dimension(conv.stride(), dims),
                .dilation = per_dimension(conv.dilation(), dims),
                .pad = explicit_pad(conv.pad(), dims)},
               conv.padding());
}

Result<WindowGeometry> pool_geometry(const LayerScope& scope, const spec::Pool& pool) {
  const size_t dims = scope.space().size();
  return place(scope,
               {.kernel = per_dimension(pool.kernel(), dims),
                .stride = per_dimension(pool.stride(), dims),
                .dilation = std::vector<int64_t>(dims, 1),
                .pad = explicit_pad(pool.pad(), dims)},
               pool.padding());
}

}  // namespace minnow

#include "ir/windows.h"

#include <algorithm>

namespace minnow {
namespace {

bool scatters(const Op& op) { return op.kind == OpKind::kWindowPick || op.kind == OpKind::kWindowSpread; }

void fill_in(std::vector<int64_t>& list, size_t size, int64_t number) {
  if (list.empty()) list.assign(size, number);
}

}  // namespace

void fill_in_defaults(Attributes& attributes, size_t dims) {
  if (auto* conv = std::get_if<ConvAttributes>(&attributes)) {
    fill_in(conv->stride, dims, 1);
    fill_in(conv->dilation, dims, 1);
    fill_in(conv->pad, 2 * dims, 0);
  }
  if (auto* window = std::get_if<WindowAttributes>(&attributes)) {
    fill_in(window->window, dims, 1);
    fill_in(window->stride, dims, 1);
    fill_in(window->pad, 2 * dims, 0);
  }
}

int64_t places_of(const WindowAttributes& window) {
  int64_t places = 1;
  for (const int64_t extent : window.window) places *= extent;
  return places;
}

WindowAttributes window_within_picture(const Op& op) {
  WindowAttributes window = op.attr<WindowAttributes>();
  const Shape& picture = scatters(op) ? op.type().shape : op.operands[0]->type.shape;
  const Shape& windows = scatters(op) ? op.operands.back()->type.shape : op.type().shape;
  for (size_t i = 0; i < window.window.size(); ++i) {
    int64_t& before = window.pad[2 * i];
    int64_t& after = window.pad[2 * i + 1];
    // The first window begins `before` rows in front of the picture, the last `travel` rows further on.
    const int64_t travel = (windows[2 + i] - 1) * window.stride[i];
    const int64_t begin = std::max<int64_t>(0, before - travel);
    const int64_t end = std::min(window.window[i], picture[2 + i] + before);
    after = std::max<int64_t>(0, after - (window.window[i] - end));
    before -= begin;
    window.window[i] = end - begin;
  }
  return window;
}

bool windows_overlap(const WindowAttributes& window) {
  for (size_t i = 0; i < window.window.size(); ++i)
    if (window.window[i] > window.stride[i]) return true;
  return false;
}

bool windows_leave_gaps(const Op& scatter) {
  const auto& window = scatter.attr<WindowAttributes>();
  const Shape& y = scatter.operands.back()->type.shape;
  for (size_t i = 0; i < window.window.size(); ++i) {
    const int64_t reach = (y[2 + i] - 1) * window.stride[i] + window.window[i] - window.pad[2 * i];
    if (window.window[i] < window.stride[i] || reach < scatter.type().shape[2 + i]) return true;
  }
  return false;
}

bool scatters_each_once(const Op& op) {
  return scatters(op) && !windows_overlap(op.attr<WindowAttributes>()) && !windows_leave_gaps(op);
}

}  // namespace minnow

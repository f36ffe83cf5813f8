#include "ir/windows.h"

#include <algorithm>

namespace minnow {

WindowAttributes window_within_picture(const Op& op) {
  WindowAttributes window = op.attr<WindowAttributes>();
  const bool scatters = op.kind == OpKind::kWindowPick || op.kind == OpKind::kWindowSpread;
  const Shape& picture = scatters ? op.type().shape : op.operands[0]->type.shape;
  const Shape& windows = scatters ? op.operands.back()->type.shape : op.type().shape;
  for (size_t i = 0; i < 2; ++i) {
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
  return window.window[0] > window.stride[0] || window.window[1] > window.stride[1];
}

bool windows_leave_gaps(const Op& scatter) {
  const auto& window = scatter.attr<WindowAttributes>();
  const Shape& y = scatter.operands.back()->type.shape;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t reach = (y[2 + i] - 1) * window.stride[i] + window.window[i] - window.pad[2 * i];
    if (window.window[i] < window.stride[i] || reach < scatter.type().shape[2 + i]) return true;
  }
  return false;
}

bool scatters_each_once(const Op& op) {
  const bool scatters = op.kind == OpKind::kWindowPick || op.kind == OpKind::kWindowSpread;
  return scatters && !windows_overlap(op.attr<WindowAttributes>()) && !windows_leave_gaps(op);
}

}  // namespace minnow

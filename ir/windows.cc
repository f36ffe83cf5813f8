#include "ir/windows.h"

namespace minnow {

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

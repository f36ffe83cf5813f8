// Reductions over sliding windows, and their transposes. x [N,C,S...], y [N,C,OS...].
#include <algorithm>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"
#include "interpreter/reference_windows.h"

namespace minnow {
namespace {

// Calls visit(at_y, at_x) for each element of x in each window, windows and elements in row-major order.
template <typename Visit>
void for_each_window_element(const WindowAttributes& attributes, const Tensor& x, const Tensor& y, Visit visit) {
  const WindowGrid grid{.picture = space_of(x.type().shape),
                        .window = attributes.window,
                        .windows = space_of(y.type().shape),
                        .stride = attributes.stride,
                        .dilation = std::vector<int64_t>(attributes.window.size(), 1),
                        .pad = pad_before(attributes.pad)};
  const int64_t picture = element_count(grid.picture), windows = element_count(grid.windows);
  for (int64_t plane = 0; plane < y.dim(0) * y.dim(1); ++plane)
    for_each_window_place(grid, [&](int64_t window, int64_t element, int64_t) {
      visit(plane * windows + window, plane * picture + element);
    });
}

}  // namespace

void ReferenceKernel<OpKind::kWindowMax>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<WindowAttributes>();
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> x = call.operand().as<T>();
    const std::span<T> y = call.result().as<T>();
    std::ranges::fill(y, lowest_value<T>());
    for_each_window_element(attributes, call.operand(), call.result(),
                            [&](int64_t at_y, int64_t at_x) { y[at_y] = larger_of(y[at_y], x[at_x]); });
  });
}

void ReferenceKernel<OpKind::kWindowSum>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<WindowAttributes>();
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> x = call.operand().as<T>();
    const std::span<T> y = call.result().as<T>();
    for_each_window_element(attributes, call.operand(), call.result(),
                            [&](int64_t at_y, int64_t at_x) { y[at_y] += x[at_x]; });
  });
}

void ReferenceKernel<OpKind::kWindowSpread>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<WindowAttributes>();
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> y = call.operand().as<T>();
    const std::span<T> x = call.result().as<T>();
    for_each_window_element(attributes, call.result(), call.operand(),
                            [&](int64_t at_y, int64_t at_x) { x[at_x] += y[at_y]; });
  });
}

void ReferenceKernel<OpKind::kWindowPick>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<WindowAttributes>();
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> x = call.operand(0).as<T>();
    const std::span<const T> y = call.operand(1).as<T>();
    const std::span<T> result = call.result().as<T>();
    constexpr int64_t kNone = -1;
    std::vector<int64_t> picked(y.size(), kNone);  // where in x the largest element of each window lies
    for_each_window_element(attributes, call.operand(0), call.operand(1), [&](int64_t at_y, int64_t at_x) {
      int64_t& best = picked[at_y];
      if (best == kNone || is_larger(x[at_x], x[best])) best = at_x;
    });
    for (size_t i = 0; i < y.size(); ++i)
      if (picked[i] != kNone) result[picked[i]] += y[i];
  });
}

}  // namespace minnow

// Reductions over sliding windows, and their transposes. x [N,C,H,W], y [N,C,OH,OW].
#include <algorithm>

#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"
#include "interpreter/reference_windows.h"

namespace minnow {
namespace {

// Calls visit(at_y, at_x) for each element of x in each window, windows and elements in row-major order.
template <typename Visit>
void for_each_window_element(const WindowAttributes& attributes, const Tensor& x, const Tensor& y, Visit visit) {
  const WindowGrid grid{.picture = {x.dim(2), x.dim(3)},
                        .window = attributes.window,
                        .stride = attributes.stride,
                        .dilation = {1, 1},
                        .pad = {attributes.pad[0], attributes.pad[2]}};
  for (int64_t plane = 0; plane < y.dim(0) * y.dim(1); ++plane) {
    for (int64_t oh = 0; oh < y.dim(2); ++oh) {
      for (int64_t ow = 0; ow < y.dim(3); ++ow) {
        for_each_place(grid, oh, ow, [&](int64_t h, int64_t w, int64_t, int64_t) {
          visit((plane * y.dim(2) + oh) * y.dim(3) + ow, (plane * x.dim(2) + h) * x.dim(3) + w);
        });
      }
    }
  }
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

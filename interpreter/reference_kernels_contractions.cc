// Products summed over shared dimensions.
#include "interpreter/reference_kernels.h"
#include "interpreter/reference_loops.h"
#include "interpreter/reference_windows.h"

namespace minnow {
namespace {

// The sizes of a convolution, whichever of its tensors is the result.
struct ConvSizes {
  int64_t batch, groups;
  int64_t group_inputs, group_outputs;  // channels of one group: C/groups, O/groups
  WindowGrid grid;
};

// x [N,C,S...], w [O,C/groups,K...], y [N,O,OS...]
ConvSizes conv_sizes(const ConvAttributes& attributes, const Tensor& x, const Tensor& w, const Tensor& y) {
  return {.batch = x.dim(0),
          .groups = attributes.groups,
          .group_inputs = w.dim(1),
          .group_outputs = w.dim(0) / attributes.groups,
          .grid = {.picture = space_of(x.type().shape),
                   .window = space_of(w.type().shape),
                   .windows = space_of(y.type().shape),
                   .stride = attributes.stride,
                   .dilation = attributes.dilation,
                   .pad = pad_before(attributes.pad)}};
}

// Calls visit(n, o, c, group) for each pair of channels that a filter joins: o of y with input c of its
// group.
template <typename Visit>
void for_each_channel_pair(const ConvSizes& sizes, Visit visit) {
  for (int64_t n = 0; n < sizes.batch; ++n) {
    for (int64_t o = 0; o < sizes.groups * sizes.group_outputs; ++o) {
      for (int64_t c = 0; c < sizes.group_inputs; ++c) visit(n, o, c, o / sizes.group_outputs);
    }
  }
}

// Calls visit(at_x, at_w, at_y) for each term of the trilinear form, the sum of y * x * w. The terms of one element of
// y come in the order of c and the places of the filter; those of x in the order of o and the windows; those of w in
// the order of n and the windows.
template <typename Visit>
void for_each_term(const ConvSizes& sizes, Visit visit) {
  const WindowGrid& grid = sizes.grid;
  const int64_t picture = element_count(grid.picture), filter = element_count(grid.window);
  const int64_t windows = element_count(grid.windows);
  for_each_channel_pair(sizes, [&](int64_t n, int64_t o, int64_t c, int64_t group) {
    const int64_t x_plane = (n * sizes.groups + group) * sizes.group_inputs + c;
    const int64_t w_plane = o * sizes.group_inputs + c;
    const int64_t y_plane = n * sizes.groups * sizes.group_outputs + o;
    for_each_window_place(grid, [&](int64_t window, int64_t element, int64_t place) {
      visit(x_plane * picture + element, w_plane * filter + place, y_plane * windows + window);
    });
  });
}

}  // namespace

// Of a [B...,M...] and b [B...,N...], both with K somewhere behind the batch → result [B...,M...,N...]
void ReferenceKernel<OpKind::kDot>::apply(const KernelCall& call) {
  const auto& [contract, batch] = call.op.attr<DotAttributes>();
  const Shape& shape = call.result().type().shape;
  const auto a_strides = row_major_strides(call.operand(0).type().shape);
  const auto b_strides = row_major_strides(call.operand(1).type().shape);
  const auto a_step = a_strides[static_cast<size_t>(contract[0])];
  const auto b_step = b_strides[static_cast<size_t>(contract[1])];
  AffineMap a_first{0, a_strides}, b_first{0, b_strides};  // where the terms of a result begin
  a_first.strides.erase(a_first.strides.begin() + contract[0]);
  b_first.strides.erase(b_first.strides.begin() + contract[1]);
  b_first.strides.insert(b_first.strides.begin() + batch, a_first.strides.size() - static_cast<size_t>(batch), 0);
  a_first.strides.resize(shape.size(), 0);
  const int64_t depth = call.operand(0).dim(contract[0]);
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> a = call.operand(0).as<T>();
    const std::span<const T> b = call.operand(1).as<T>();
    auto result = call.result().as<T>().begin();
    for_each_index(shape, a_first, b_first, [&](int64_t at_a, int64_t at_b) {
      T sum = 0;
      for (int64_t k = 0; k < depth; ++k) sum += a[at_a + k * a_step] * b[at_b + k * b_step];
      *result++ = sum;
    });
  });
}

void ReferenceKernel<OpKind::kConv>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<ConvAttributes>();
  const ConvSizes sizes = conv_sizes(attributes, call.operand(0), call.operand(1), call.result());
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> x = call.operand(0).as<T>();
    const std::span<const T> w = call.operand(1).as<T>();
    const std::span<T> y = call.result().as<T>();
    for_each_term(sizes, [&](int64_t at_x, int64_t at_w, int64_t at_y) { y[at_y] += x[at_x] * w[at_w]; });
  });
}

void ReferenceKernel<OpKind::kConvInput>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<ConvAttributes>();
  const ConvSizes sizes = conv_sizes(attributes, call.result(), call.operand(1), call.operand(0));
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> y = call.operand(0).as<T>();
    const std::span<const T> w = call.operand(1).as<T>();
    const std::span<T> x = call.result().as<T>();
    for_each_term(sizes, [&](int64_t at_x, int64_t at_w, int64_t at_y) { x[at_x] += y[at_y] * w[at_w]; });
  });
}

void ReferenceKernel<OpKind::kConvFilter>::apply(const KernelCall& call) {
  const auto& attributes = call.op.attr<ConvAttributes>();
  const ConvSizes sizes = conv_sizes(attributes, call.operand(0), call.result(), call.operand(1));
  with_float_type(call.result().type().dtype, [&]<typename T>(T) {
    const std::span<const T> x = call.operand(0).as<T>();
    const std::span<const T> y = call.operand(1).as<T>();
    const std::span<T> w = call.result().as<T>();
    for_each_term(sizes, [&](int64_t at_x, int64_t at_w, int64_t at_y) { w[at_w] += x[at_x] * y[at_y]; });
  });
}

}  // namespace minnow

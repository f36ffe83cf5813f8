// Result types of dot, the convolutions and the windowed reductions.
#include <array>

#include "ir/infer_rules.h"

namespace minnow {
namespace {

// No attribute of a window may exceed this, so that sums and products of them stay far from overflow.
constexpr int64_t kMaxWindow = 1 << 20;

Status check_float_rank(const InferArgs& args, size_t i, int64_t rank) {
  const TensorType& type = args.operand(i);
  if (type.rank() != rank || !is_float(type.dtype) || type.dtype != args.operand(0).dtype)
    return type_error("{} needs float operands of rank {} and one element type, not {}", mnemonic(args.kind), rank,
                      type.to_string());
  return {};
}

Status check_window(OpKind kind, std::span<const int64_t> at_least_one, std::span<const int64_t> pads) {
  for (const int64_t value : at_least_one)
    if (value < 1 || value > kMaxWindow)
      return type_error("{}: window, stride, dilation and groups must be in [1, {}], not {}", mnemonic(kind),
                        kMaxWindow, value);
  for (const int64_t value : pads)
    if (value < 0 || value > kMaxWindow)
      return type_error("{}: padding must be in [0, {}], not {}", mnemonic(kind), kMaxWindow, value);
  return {};
}

// y [N,O,OH,OW] of x [N,C,H,W] and w [O,C/groups,KH,KW].
Result<TensorType> conv_output(OpKind kind, const TensorType& x, const TensorType& w, const ConvAttributes& conv) {
  const std::array<int64_t, 5> positive = {conv.stride[0], conv.stride[1], conv.dilation[0], conv.dilation[1],
                                           conv.groups};
  MINNOW_TRY(check_window(kind, positive, conv.pad));
  if (x.dim(1) != w.dim(1) * conv.groups || w.dim(0) % conv.groups != 0)
    return type_error("{}: {} input channels do not match filter {} in {} groups", mnemonic(kind), x.dim(1),
                      w.to_string(), conv.groups);
  TensorType y{x.dtype, {x.dim(0), w.dim(0), 0, 0}};
  for (size_t i = 0; i < 2; ++i) {
    const int64_t size = x.shape[2 + i];
    const int64_t kernel = w.shape[2 + i];
    if (kernel < 1 || kernel > kMaxWindow) return type_error("{}: empty filter {}", mnemonic(kind), w.to_string());
    y.shape[2 + i] =
        window_extent(size, conv.pad[2 * i] + conv.pad[2 * i + 1], kernel, conv.stride[i], conv.dilation[i]);
    if (y.shape[2 + i] < 1)
      return type_error("{}: filter {} does not fit {}", mnemonic(kind), w.to_string(), x.to_string());
  }
  return y;
}

Result<TensorType> pool_output(OpKind kind, const TensorType& x, const WindowAttributes& pool) {
  const std::array<int64_t, 4> positive = {pool.window[0], pool.window[1], pool.stride[0], pool.stride[1]};
  MINNOW_TRY(check_window(kind, positive, pool.pad));
  TensorType y = x;
  for (size_t i = 0; i < 2; ++i) {
    if (pool.pad[2 * i] >= pool.window[i] || pool.pad[2 * i + 1] >= pool.window[i])
      return type_error("{}: padding must be smaller than its window", mnemonic(kind));
    y.shape[2 + i] =
        window_extent(x.shape[2 + i], pool.pad[2 * i] + pool.pad[2 * i + 1], pool.window[i], pool.stride[i], 1);
    if (y.shape[2 + i] < 1)
      return type_error("{}: window {}x{} does not fit {}", mnemonic(kind), pool.window[0], pool.window[1],
                        x.to_string());
  }
  return y;
}

Result<TensorType> require_equal(OpKind kind, const TensorType& expected, const TensorType& found) {
  if (expected != found)
    return type_error("{}: these shapes give {}, but the operand is {}", mnemonic(kind), expected.to_string(),
                      found.to_string());
  return found;
}

// Of any rank that has the dimension to be contracted, which is none of the batch.
Status check_dot_operand(const TensorType& type, int64_t contract, int64_t batch) {
  if (!is_float(type.dtype)) return type_error("dot needs float operands, not {}", type.to_string());
  if (type.rank() == 0) return type_error("dot needs operands of rank 1 or more, not {}", type.to_string());
  if (batch < 0 || batch >= type.rank())
    return type_error("dot: {} of the {} dimensions of {} cannot be the batch: one is summed over", batch, type.rank(),
                      type.to_string());
  MINNOW_TRY(check_dim(contract, type.rank()));
  if (contract < batch)
    return type_error("dot: dimension {} of {} cannot be summed over: the first {} are the batch", contract,
                      type.to_string(), batch);
  return {};
}

Status check_shape_attribute(OpKind kind, const Shape& shape) {
  if (shape.size() != 4 || !checked_element_count(shape))
    return type_error("{} needs a shape attribute of rank 4, not {}", mnemonic(kind), shape_to_string(shape));
  return {};
}

}  // namespace

Result<TensorType> infer_dot(const InferArgs& args) {
  const auto& [contract, batch] = args.attr<DotAttributes>();
  MINNOW_TRY(check_dot_operand(args.operand(0), contract[0], batch));
  MINNOW_TRY(check_dot_operand(args.operand(1), contract[1], batch));
  const TensorType& a = args.operand(0);
  const TensorType& b = args.operand(1);
  if (a.dtype != b.dtype)
    return type_error("dot of {} and {}: their element types differ", a.to_string(), b.to_string());
  for (int64_t i = 0; i < batch; ++i)
    if (a.dim(i) != b.dim(i))
      return type_error("dot of {} and {}: they differ in dimension {}, which is one of the batch", a.to_string(),
                        b.to_string(), i);
  if (a.dim(contract[0]) != b.dim(contract[1]))
    return type_error("dot of {} and {}: dimension {} of the first does not match dimension {} of the second",
                      a.to_string(), b.to_string(), contract[0], contract[1]);
  TensorType result = a;
  result.shape.erase(result.shape.begin() + contract[0]);
  for (int64_t i = batch; i < b.rank(); ++i)
    if (i != contract[1]) result.shape.push_back(b.dim(i));
  return result;
}

Result<TensorType> infer_conv(const InferArgs& args) {
  MINNOW_TRY(check_float_rank(args, 0, 4));
  MINNOW_TRY(check_float_rank(args, 1, 4));
  return conv_output(args.kind, args.operand(0), args.operand(1), args.attr<ConvAttributes>());
}

Result<TensorType> infer_conv_input(const InferArgs& args) {
  MINNOW_TRY(check_float_rank(args, 0, 4));
  MINNOW_TRY(check_float_rank(args, 1, 4));
  const auto& conv = args.attr<ConvAttributes>();
  MINNOW_TRY(check_shape_attribute(args.kind, conv.shape));
  const TensorType x{args.operand(0).dtype, conv.shape};
  MINNOW_ASSIGN(const TensorType y, conv_output(args.kind, x, args.operand(1), conv));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(0)));
  return x;
}

Result<TensorType> infer_conv_filter(const InferArgs& args) {
  MINNOW_TRY(check_float_rank(args, 0, 4));
  MINNOW_TRY(check_float_rank(args, 1, 4));
  const auto& conv = args.attr<ConvAttributes>();
  MINNOW_TRY(check_shape_attribute(args.kind, conv.shape));
  const TensorType w{args.operand(0).dtype, conv.shape};
  MINNOW_ASSIGN(const TensorType y, conv_output(args.kind, args.operand(0), w, conv));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(1)));
  return w;
}

Result<TensorType> infer_window(const InferArgs& args) {
  MINNOW_TRY(check_float_rank(args, 0, 4));
  return pool_output(args.kind, args.operand(0), args.attr<WindowAttributes>());
}

Result<TensorType> infer_window_spread(const InferArgs& args) {
  MINNOW_TRY(check_float_rank(args, 0, 4));
  const auto& pool = args.attr<WindowAttributes>();
  MINNOW_TRY(check_shape_attribute(args.kind, pool.shape));
  const TensorType x{args.operand(0).dtype, pool.shape};
  MINNOW_ASSIGN(const TensorType y, pool_output(args.kind, x, pool));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(0)));
  return x;
}

Result<TensorType> infer_window_pick(const InferArgs& args) {
  MINNOW_TRY(check_float_rank(args, 0, 4));
  MINNOW_TRY(check_float_rank(args, 1, 4));
  MINNOW_ASSIGN(const TensorType y, pool_output(args.kind, args.operand(0), args.attr<WindowAttributes>()));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(1)));
  return args.operand(0);
}

}  // namespace minnow

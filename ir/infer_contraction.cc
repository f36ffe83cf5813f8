// Result types of dot, the convolutions and the windowed reductions.
#include <fmt/ranges.h>

#include "ir/infer_rules.h"

namespace minnow {
namespace {

Status check_float_rank(const InferArgs& args, size_t i, int64_t rank) {
  const TensorType& type = args.operand(i);
  if (type.rank() != rank || !is_float(type.dtype) || type.dtype != args.operand(0).dtype)
    return type_error("{} needs float operands of rank {} and one element type, not {}", mnemonic(args.kind), rank,
                      type.to_string());
  return {};
}

// An operand over space: [N,C,S1,...,Sd] with d = 1, 2 or 3, all operands alike.
Status check_over_space(const InferArgs& args, size_t i) {
  const int64_t rank = args.operand(0).rank();
  if (rank < 3 || rank > 5)
    return type_error("{} needs operands over 1, 2 or 3 dimensions of space, [N,C,W] to [N,C,D,H,W], not {}",
                      mnemonic(args.kind), args.operand(0).to_string());
  return check_float_rank(args, i, rank);
}

Status check_number(OpKind kind, std::string_view name, int64_t number, int64_t least) {
  if (number >= least && number <= kMaxWindow) return {};
  return type_error("{}: {} must be in [{}, {}], not {}", mnemonic(kind), name, least, kMaxWindow, number);
}

// `wanted` numbers, each at least `least`.
Status check_list(OpKind kind, std::string_view name, const std::vector<int64_t>& list, size_t wanted, int64_t least) {
  if (list.size() != wanted)
    return type_error("{}: {} has {} numbers, but {} are needed, {} for each dimension of space", mnemonic(kind), name,
                      list.size(), wanted, name == "pad" ? "before and after" : "one");
  for (const int64_t number : list) MINNOW_TRY(check_number(kind, name, number, least));
  return {};
}

// The attributes with all their lists.
Result<ConvAttributes> conv_attributes(const InferArgs& args) {
  Attributes filled = args.attributes;
  const size_t dims = args.operand(0).shape.size() - 2;
  fill_in_defaults(filled, dims);
  auto& conv = std::get<ConvAttributes>(filled);
  MINNOW_TRY(check_list(args.kind, "stride", conv.stride, dims, 1));
  MINNOW_TRY(check_list(args.kind, "pad", conv.pad, 2 * dims, 0));
  MINNOW_TRY(check_list(args.kind, "dilation", conv.dilation, dims, 1));
  MINNOW_TRY(check_number(args.kind, "groups", conv.groups, 1));
  return std::move(conv);
}

Result<WindowAttributes> window_attributes(const InferArgs& args) {
  Attributes filled = args.attributes;
  const size_t dims = args.operand(0).shape.size() - 2;
  fill_in_defaults(filled, dims);
  auto& window = std::get<WindowAttributes>(filled);
  MINNOW_TRY(check_list(args.kind, "window", window.window, dims, 1));
  MINNOW_TRY(check_list(args.kind, "stride", window.stride, dims, 1));
  MINNOW_TRY(check_list(args.kind, "pad", window.pad, 2 * dims, 0));
  return std::move(window);
}

// y [N,O,OS...] of x [N,C,S...] and w [O,C/groups,K...].
Result<TensorType> conv_output(OpKind kind, const TensorType& x, const TensorType& w, const ConvAttributes& conv) {
  if (x.dim(1) != w.dim(1) * conv.groups || w.dim(0) % conv.groups != 0)
    return type_error("{}: {} input channels do not match filter {} in {} groups", mnemonic(kind), x.dim(1),
                      w.to_string(), conv.groups);
  TensorType y{x.dtype, {x.dim(0), w.dim(0)}};
  for (size_t i = 0; i < conv.stride.size(); ++i) {
    const int64_t kernel = w.shape[2 + i];
    if (kernel < 1 || kernel > kMaxWindow) return type_error("{}: empty filter {}", mnemonic(kind), w.to_string());
    y.shape.push_back(
        window_extent(x.shape[2 + i], conv.pad[2 * i] + conv.pad[2 * i + 1], kernel, conv.stride[i], conv.dilation[i]));
    if (y.shape.back() < 1)
      return type_error("{}: filter {} does not fit {}", mnemonic(kind), w.to_string(), x.to_string());
  }
  return y;
}

Result<TensorType> pool_output(OpKind kind, const TensorType& x, const WindowAttributes& pool) {
  TensorType y = x;
  for (size_t i = 0; i < pool.window.size(); ++i) {
    if (pool.pad[2 * i] >= pool.window[i] || pool.pad[2 * i + 1] >= pool.window[i])
      return type_error("{}: padding must be smaller than its window", mnemonic(kind));
    y.shape[2 + i] =
        window_extent(x.shape[2 + i], pool.pad[2 * i] + pool.pad[2 * i + 1], pool.window[i], pool.stride[i], 1);
    if (y.shape[2 + i] < 1)
      return type_error("{}: window {} does not fit {}", mnemonic(kind), fmt::join(pool.window, "x"), x.to_string());
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

Status check_shape_attribute(const InferArgs& args, const Shape& shape) {
  if (shape.size() != args.operand(0).shape.size() || !checked_element_count(shape))
    return type_error("{} needs a shape attribute of rank {}, not {}", mnemonic(args.kind), args.operand(0).rank(),
                      shape_to_string(shape));
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
  for (size_t i = 0; i < 2; ++i) MINNOW_TRY(check_over_space(args, i));
  MINNOW_ASSIGN(const ConvAttributes conv, conv_attributes(args));
  return conv_output(args.kind, args.operand(0), args.operand(1), conv);
}

Result<TensorType> infer_conv_input(const InferArgs& args) {
  for (size_t i = 0; i < 2; ++i) MINNOW_TRY(check_over_space(args, i));
  MINNOW_ASSIGN(const ConvAttributes conv, conv_attributes(args));
  MINNOW_TRY(check_shape_attribute(args, conv.shape));
  const TensorType x{args.operand(0).dtype, conv.shape};
  MINNOW_ASSIGN(const TensorType y, conv_output(args.kind, x, args.operand(1), conv));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(0)));
  return x;
}

Result<TensorType> infer_conv_filter(const InferArgs& args) {
  for (size_t i = 0; i < 2; ++i) MINNOW_TRY(check_over_space(args, i));
  MINNOW_ASSIGN(const ConvAttributes conv, conv_attributes(args));
  MINNOW_TRY(check_shape_attribute(args, conv.shape));
  const TensorType w{args.operand(0).dtype, conv.shape};
  MINNOW_ASSIGN(const TensorType y, conv_output(args.kind, args.operand(0), w, conv));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(1)));
  return w;
}

Result<TensorType> infer_window(const InferArgs& args) {
  MINNOW_TRY(check_over_space(args, 0));
  MINNOW_ASSIGN(const WindowAttributes pool, window_attributes(args));
  return pool_output(args.kind, args.operand(0), pool);
}

Result<TensorType> infer_window_spread(const InferArgs& args) {
  MINNOW_TRY(check_over_space(args, 0));
  MINNOW_ASSIGN(const WindowAttributes pool, window_attributes(args));
  MINNOW_TRY(check_shape_attribute(args, pool.shape));
  const TensorType x{args.operand(0).dtype, pool.shape};
  MINNOW_ASSIGN(const TensorType y, pool_output(args.kind, x, pool));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(0)));
  return x;
}

Result<TensorType> infer_window_pick(const InferArgs& args) {
  for (size_t i = 0; i < 2; ++i) MINNOW_TRY(check_over_space(args, i));
  MINNOW_ASSIGN(const WindowAttributes pool, window_attributes(args));
  MINNOW_ASSIGN(const TensorType y, pool_output(args.kind, args.operand(0), pool));
  MINNOW_TRY(require_equal(args.kind, y, args.operand(1)));
  return args.operand(0);
}

}  // namespace minnow

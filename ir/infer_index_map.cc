// Result types of ops that move elements, and of reductions.
#include <algorithm>

#include "ir/infer_rules.h"

namespace minnow {
namespace {

// `dims` must be distinct dimensions of a tensor of rank `rank`.
Status check_distinct_dims(const std::vector<int64_t>& dims, int64_t rank) {
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (const int64_t dim : dims) {
    MINNOW_TRY(check_dim(dim, rank));
    if (seen[static_cast<size_t>(dim)]) return type_error("dimension {} is named twice", dim);
    seen[static_cast<size_t>(dim)] = true;
  }
  return {};
}

Status check_one_per_dim(std::string_view op, std::string_view attribute, size_t count, const TensorType& type) {
  if (count != type.shape.size())
    return type_error("{} needs one {} per dimension of {}, not {}", op, attribute, type.to_string(), count);
  return {};
}

}  // namespace

Result<TensorType> infer_broadcast(const InferArgs& args) {
  const TensorType& from = args.operand(0);
  const TensorType& to = args.declared;
  const auto& dims = args.attr<DimsAttributes>().dims;
  if (from.dtype != to.dtype)
    return type_error("broadcast keeps the element type: {} does not become {}", from.to_string(), to.to_string());
  MINNOW_TRY(check_one_per_dim("broadcast", "dims entry", dims.size(), from));
  MINNOW_TRY(check_distinct_dims(dims, to.rank()));
  if (!std::ranges::is_sorted(dims)) return type_error("broadcast needs increasing dims; transpose first");
  for (size_t i = 0; i < dims.size(); ++i)
    if (from.shape[i] != to.dim(dims[i]))
      return type_error("broadcast of {} to {}: dimension {} does not match dimension {}", from.to_string(),
                        to.to_string(), i, dims[i]);
  return to;
}

Result<TensorType> infer_reshape(const InferArgs& args) {
  const TensorType& from = args.operand(0);
  const auto count = checked_element_count(args.declared.shape);
  if (from.dtype != args.declared.dtype || !count || from.elements() != *count)
    return type_error("reshape of {} to {} changes the elements", from.to_string(), args.declared.to_string());
  return args.declared;
}

Result<TensorType> infer_transpose(const InferArgs& args) {
  const TensorType& from = args.operand(0);
  const auto& dims = args.attr<DimsAttributes>().dims;
  MINNOW_TRY(check_one_per_dim("transpose", "dims entry", dims.size(), from));
  MINNOW_TRY(check_distinct_dims(dims, from.rank()));
  TensorType type = from;
  for (size_t i = 0; i < dims.size(); ++i) type.shape[i] = from.dim(dims[i]);
  return type;
}

Result<TensorType> infer_reverse(const InferArgs& args) {
  MINNOW_TRY(check_distinct_dims(args.attr<DimsAttributes>().dims, args.operand(0).rank()));
  return args.operand(0);
}

Result<TensorType> infer_slice(const InferArgs& args) {
  TensorType type = args.operand(0);
  const auto& [start, limit, stride] = args.attr<SliceAttributes>();
  MINNOW_TRY(check_one_per_dim("slice", "start", start.size(), type));
  MINNOW_TRY(check_one_per_dim("slice", "limit", limit.size(), type));
  MINNOW_TRY(check_one_per_dim("slice", "stride", stride.size(), type));
  for (size_t i = 0; i < start.size(); ++i) {
    if (start[i] < 0 || limit[i] < start[i] || limit[i] > type.shape[i] || stride[i] < 1)
      return type_error("slice [{}:{}:{}] does not lie in dimension {} of {}", start[i], limit[i], stride[i], i,
                        args.operand(0).to_string());
    type.shape[i] = (limit[i] - start[i]) / stride[i] + ((limit[i] - start[i]) % stride[i] != 0 ? 1 : 0);
  }
  return type;
}

Result<TensorType> infer_pad(const InferArgs& args) {
  TensorType type = args.operand(0);
  const auto& pad = args.attr<PadAttributes>();
  MINNOW_TRY(check_one_per_dim("pad", "low", pad.low.size(), type));
  MINNOW_TRY(check_one_per_dim("pad", "high", pad.high.size(), type));
  MINNOW_TRY(check_one_per_dim("pad", "interior", pad.interior.size(), type));
  for (size_t i = 0; i < type.shape.size(); ++i) {
    for (const int64_t amount : {pad.low[i], pad.high[i], pad.interior[i]})
      if (amount < 0 || amount > kMaxElements) return type_error("pad amount {} is out of range", amount);
    const int64_t gaps = std::max<int64_t>(type.shape[i] - 1, 0);
    int64_t inner = 0;
    if (__builtin_mul_overflow(gaps, pad.interior[i], &inner)) return type_error("pad makes too many elements");
    type.shape[i] += pad.low[i] + pad.high[i] + inner;
  }
  return type;
}

Result<TensorType> infer_concat(const InferArgs& args) {
  if (args.operands.empty()) return type_error("concat needs at least one operand");
  TensorType type = args.operand(0);
  const int64_t dim = args.attr<DimAttributes>().dim;
  MINNOW_TRY(check_dim(dim, type.rank()));
  const auto axis = static_cast<size_t>(dim);
  for (const TensorType& next : args.operands.subspan(1)) {
    TensorType expected = args.operand(0);
    if (next.rank() == type.rank()) expected.shape[axis] = next.shape[axis];
    if (next != expected)
      return type_error("concat along dimension {} of {} and {}: the other dimensions differ", dim,
                        args.operand(0).to_string(), next.to_string());
    type.shape[axis] += next.shape[axis];
  }
  return type;
}

Result<TensorType> infer_reduce(const InferArgs& args) {
  const TensorType& from = args.operand(0);
  const auto& dims = args.attr<DimsAttributes>().dims;
  MINNOW_TRY(check_distinct_dims(dims, from.rank()));
  if (!is_float(from.dtype) && from.dtype != DType::kI32)
    return type_error("{} needs a float or i32 operand, not {}", mnemonic(args.kind), from.to_string());
  TensorType type{from.dtype, {}};
  for (int64_t i = 0; i < from.rank(); ++i) {
    const bool reduced = std::ranges::find(dims, i) != dims.end();
    if (!reduced) type.shape.push_back(from.dim(i));
    if (reduced && from.dim(i) == 0 && args.kind == OpKind::kReduceMax)
      return type_error("reduce_max over the empty dimension {} of {}", i, from.to_string());
  }
  return type;
}

Result<TensorType> infer_argmax(const InferArgs& args) {
  TensorType type = args.operand(0);
  const int64_t dim = args.attr<DimAttributes>().dim;
  MINNOW_TRY(check_dim(dim, type.rank()));
  if (type.dim(dim) == 0) return type_error("argmax over the empty dimension {} of {}", dim, type.to_string());
  type.dtype = DType::kI32;
  type.shape.erase(type.shape.begin() + dim);
  return type;
}

Result<TensorType> infer_cumsum(const InferArgs& args) {
  const TensorType& type = args.operand(0);
  MINNOW_TRY(check_dim(args.attr<DimAttributes>().dim, type.rank()));
  if (!is_float(type.dtype) && type.dtype != DType::kI32)
    return type_error("cumsum needs a float or i32 operand, not {}", type.to_string());
  return type;
}

Result<TensorType> infer_argsort(const InferArgs& args) {
  const TensorType& type = args.operand(0);
  MINNOW_TRY(check_dim(args.attr<SortAttributes>().dim, type.rank()));
  return TensorType{DType::kI32, type.shape};
}

}  // namespace minnow

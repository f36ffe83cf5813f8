// Result types of leaves, elementwise ops and gathers.
#include <algorithm>

#include "ir/infer_rules.h"

namespace minnow {
namespace {

std::string_view name_of(const InferArgs& args) { return mnemonic(args.kind); }
bool is_numeric(DType dtype) { return is_float(dtype) || dtype == DType::kI32; }

Status check_float(const InferArgs& args) {
  if (!is_float(args.operand(0).dtype))
    return type_error("{} needs a float operand, not {}", name_of(args), args.operand(0).to_string());
  return {};
}

Status check_numeric(const InferArgs& args) {
  if (!is_numeric(args.operand(0).dtype))
    return type_error("{} needs a float or i32 operand, not {}", name_of(args), args.operand(0).to_string());
  return {};
}

Status check_same(const InferArgs& args, size_t a, size_t b) {
  if (args.operand(a) != args.operand(b))
    return type_error("{} needs operands of one type, not {} and {}", name_of(args), args.operand(a).to_string(),
                      args.operand(b).to_string());
  return {};
}

Status check_pred(const InferArgs& args, size_t i) {
  if (args.operand(i).dtype != DType::kPred)
    return type_error("{} needs a pred operand, not {}", name_of(args), args.operand(i).to_string());
  return {};
}

bool representable(double value, DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF64: return true;
    case DType::kI32:
      return value >= -2147483648.0 && value <= 2147483647.0 &&
             value == static_cast<double>(static_cast<int64_t>(value));
    case DType::kU8: return value >= 0 && value <= 255 && value == static_cast<double>(static_cast<int64_t>(value));
    case DType::kPred: return value == 0 || value == 1;
  }
  return false;
}

// An index outside of the table is moved to its nearest element, which there has to be.
Status check_indices(const InferArgs& args, int64_t size) {
  const TensorType& indices = args.operand(1);
  if (indices.dtype != DType::kI32)
    return type_error("{} needs i32 indices, not {}", name_of(args), indices.to_string());
  if (size == 0 && indices.elements() > 0)
    return type_error("{}: the {} indices are of a table without rows", name_of(args), indices.elements());
  return {};
}

}  // namespace

Result<TensorType> infer_constant(const InferArgs& args) {
  const auto& values = args.attr<ConstantAttributes>().values;
  const auto count = checked_element_count(args.declared.shape);
  if (!count) return type_error("constant of type {} is too large", args.declared.to_string());
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != *count)
    return type_error("constant of type {} needs 1 or {} values, not {}", args.declared.to_string(), *count,
                      values.size());
  for (const double value : values)
    if (!representable(value, args.declared.dtype))
      return type_error("constant {} is not a value of {}", value, dtype_name(args.declared.dtype));
  return args.declared;
}

Result<TensorType> infer_iota(const InferArgs& args) {
  MINNOW_TRY(check_dim(args.attr<DimAttributes>().dim, args.declared.rank()));
  if (!is_numeric(args.declared.dtype)) return type_error("iota makes f32 or i32, not {}", args.declared.to_string());
  return args.declared;
}

Result<TensorType> infer_random(const InferArgs& args) {
  const TensorType scalar{DType::kI32, {}};
  if (args.operand(0) != scalar || args.operand(1) != scalar)
    return type_error("random needs an i32[] seed and an i32[] step, not {} and {}", args.operand(0).to_string(),
                      args.operand(1).to_string());
  if (args.declared.dtype != DType::kF32) return type_error("random makes f32, not {}", args.declared.to_string());
  const int64_t stream = args.attr<RandomAttributes>().stream;
  if (stream < 0 || stream > INT64_C(0xFFFFFFFF)) return type_error("random stream {} does not fit 32 bits", stream);
  return args.declared;
}

Result<TensorType> infer_float_unary(const InferArgs& args) {
  MINNOW_TRY(check_float(args));
  return args.operand(0);
}

Result<TensorType> infer_numeric_unary(const InferArgs& args) {
  MINNOW_TRY(check_numeric(args));
  return args.operand(0);
}

Result<TensorType> infer_not(const InferArgs& args) {
  MINNOW_TRY(check_pred(args, 0));
  return args.operand(0);
}

Result<TensorType> infer_convert(const InferArgs& args) {
  if (args.declared.shape != args.operand(0).shape)
    return type_error("convert keeps the shape: {} does not become {}", args.operand(0).to_string(),
                      args.declared.to_string());
  return args.declared;
}

Result<TensorType> infer_float_binary(const InferArgs& args) {
  MINNOW_TRY(check_float(args));
  MINNOW_TRY(check_same(args, 0, 1));
  return args.operand(0);
}

Result<TensorType> infer_float_ternary(const InferArgs& args) {
  MINNOW_TRY(infer_float_binary(args));
  MINNOW_TRY(check_same(args, 0, 2));
  return args.operand(0);
}

Result<TensorType> infer_numeric_binary(const InferArgs& args) {
  MINNOW_TRY(check_numeric(args));
  MINNOW_TRY(check_same(args, 0, 1));
  return args.operand(0);
}

Result<TensorType> infer_compare(const InferArgs& args) {
  MINNOW_TRY(check_same(args, 0, 1));
  return TensorType{DType::kPred, args.operand(0).shape};
}

Result<TensorType> infer_logical(const InferArgs& args) {
  MINNOW_TRY(check_pred(args, 0));
  MINNOW_TRY(check_same(args, 0, 1));
  return args.operand(0);
}

Result<TensorType> infer_select(const InferArgs& args) {
  MINNOW_TRY(check_pred(args, 0));
  MINNOW_TRY(check_same(args, 1, 2));
  if (args.operand(0).shape != args.operand(1).shape)
    return type_error("select needs a pred of the values' shape, not {} for {}", args.operand(0).to_string(),
                      args.operand(1).to_string());
  return args.operand(1);
}

// table [A...,V,B...], indices [N...] → [A...,N...,B...]
Result<TensorType> infer_gather(const InferArgs& args) {
  TensorType type = args.operand(0);
  const int64_t dim = args.attr<DimAttributes>().dim;
  MINNOW_TRY(check_dim(dim, type.rank()));
  MINNOW_TRY(check_indices(args, type.dim(dim)));
  const Shape& indices = args.operand(1).shape;
  const auto at = type.shape.erase(type.shape.begin() + dim);
  type.shape.insert(at, indices.begin(), indices.end());
  return type;
}

// updates [A...,N...,B...], indices [N...] → [A...,V,B...]
Result<TensorType> infer_scatter_add(const InferArgs& args) {
  TensorType type = args.operand(0);
  const Shape& indices = args.operand(1).shape;
  const auto& [dim, size] = args.attr<ScatterAttributes>();
  if (dim < 0 || dim + std::ssize(indices) > type.rank() ||
      !std::equal(indices.begin(), indices.end(), type.shape.begin() + dim))
    return type_error("scatter_add needs one index per row, not {} for {}{}", args.operand(1).to_string(),
                      type.to_string(), dim == 0 ? "" : fmt::format(" from dimension {} on", dim));
  if (size < 0) return type_error("scatter_add into {} rows", size);
  MINNOW_TRY(check_indices(args, size));
  const auto at = type.shape.begin() + dim;
  type.shape.insert(type.shape.erase(at, at + std::ssize(indices)), size);
  return type;
}

}  // namespace minnow

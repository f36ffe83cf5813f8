#include "frontend/onnx/element_types.h"

#include <fmt/format.h>

#include <limits>

namespace minnow {
namespace {

using Type = onnx::TensorProto;

}  // namespace

std::string element_type_name(ElementType type) {
  return Type::DataType_IsValid(type) ? Type::DataType_Name(static_cast<Type::DataType>(type))
                                      : fmt::format("type {}", type);
}

bool is_float_element(ElementType type) {
  switch (type) {
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::FLOAT16:
    case Type::BFLOAT16:
    case Type::FLOAT8E4M3FN:
    case Type::FLOAT8E4M3FNUZ:
    case Type::FLOAT8E5M2:
    case Type::FLOAT8E5M2FNUZ:
    case Type::FLOAT8E8M0:
    case Type::FLOAT4E2M1: return true;
    default: return false;
  }
}

int bits_of(ElementType type) {
  switch (type) {
    case Type::INT2:
    case Type::UINT2: return 2;
    case Type::INT4:
    case Type::UINT4: return 4;
    case Type::INT8:
    case Type::UINT8: return 8;
    case Type::INT16:
    case Type::UINT16: return 16;
    case Type::INT32:
    case Type::UINT32: return 32;
    case Type::INT64:
    case Type::UINT64: return 64;
    default: return 0;
  }
}

bool is_whole_element(ElementType type) { return bits_of(type) > 0; }

bool is_unsigned_element(ElementType type) {
  switch (type) {
    case Type::UINT2:
    case Type::UINT4:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64: return true;
    default: return false;
  }
}

std::optional<DType> dtype_of(ElementType type) {
  if (is_float_element(type)) return DType::kF32;
  if (is_whole_element(type)) return DType::kI32;
  if (type == Type::BOOL) return DType::kPred;
  return std::nullopt;
}

ElementLimits limits_of(ElementType type) {
  const int bits = bits_of(type);
  if (bits == 64) return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  if (is_unsigned_element(type)) return {0, (int64_t{1} << bits) - 1};
  return {-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1};
}

}  // namespace minnow

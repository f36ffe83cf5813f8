#include "runtime/element_types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstring>
#include <utility>
#include <vector>

namespace minnow {
namespace {

using Misfit = std::optional<std::string>;

Misfit copy(const char* bytes, Tensor& tensor) {
  std::memcpy(tensor.data(), bytes, tensor.bytes().size());
  return std::nullopt;
}

// Bytes that are neither 0 nor 1 would be a third truth.
Misfit read_bool(const char* bytes, Tensor& tensor) {
  copy(bytes, tensor);
  for (const uint8_t byte : tensor.as<uint8_t>())
    if (byte > 1) return fmt::format("{}", byte);
  return std::nullopt;
}

template <typename From>
Misfit read_integer(const char* bytes, Tensor& tensor) {
  for (int32_t& element : tensor.as<int32_t>()) {
    From value;
    std::memcpy(&value, bytes, sizeof(value));
    bytes += sizeof(value);
    if (!std::in_range<int32_t>(value)) return fmt::format("{}", value);
    element = static_cast<int32_t>(value);
  }
  return std::nullopt;
}

// The upper half of an f32.
float from_bfloat16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

template <float (*Widen)(uint16_t)>
Misfit read_half(const char* bytes, Tensor& tensor) {
  for (float& element : tensor.as<float>()) {
    uint16_t bits;
    std::memcpy(&bits, bytes, sizeof(bits));
    bytes += sizeof(bits);
    element = Widen(bits);
  }
  return std::nullopt;
}

constexpr StoredType kTypes[] = {
    // Those that programs have, as they are written.
    {"F32", 4, DType::kF32, copy},
    {"F64", 8, DType::kF64, copy},
    {"I32", 4, DType::kI32, copy},
    {"U8", 1, DType::kU8, copy},
    {"BOOL", 1, DType::kPred, read_bool},
    {"F16", 2, DType::kF32, read_half<from_float16>},
    {"BF16", 2, DType::kF32, read_half<from_bfloat16>},
    {"I64", 8, DType::kI32, read_integer<int64_t>},
    {"I16", 2, DType::kI32, read_integer<int16_t>},
    {"I8", 1, DType::kI32, read_integer<int8_t>},
    {"U64", 8, DType::kI32, read_integer<uint64_t>},
    {"U32", 4, DType::kI32, read_integer<uint32_t>},
    {"U16", 2, DType::kI32, read_integer<uint16_t>},
};

}  // namespace

float from_float16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1FU, fraction = bits & 0x3FFU;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -size : size;
  }
  const uint32_t wide = exponent == 0x1F ? 0xFFU : exponent + 127 - 15;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

const StoredType* find_stored_type(std::string_view name) {
  for (const StoredType& type : kTypes)
    if (type.name == name) return &type;
  return nullptr;
}

const StoredType& stored_type_of(DType dtype) {
  const StoredType* type = kTypes;
  while (type->becomes != dtype) ++type;
  return *type;
}

std::string stored_type_names() {
  std::vector<std::string_view> names;
  for (const StoredType& type : kTypes) names.push_back(type.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace minnow

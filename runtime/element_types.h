// Element types that files of weights have and programs have not: read into the nearest that programs know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "interpreter/tensor.h"

namespace minnow {

// A type as the safetensors format spells it.
struct StoredType {
  std::string_view name;  // "BF16"
  int64_t bytes = 0;      // of one element
  DType becomes = DType::kF32;
  // Fills `tensor`, which has as many elements as lie at `bytes`. Answers the first that does not fit, if there is one,
  // as text.
  std::optional<std::string> (*read)(const char* bytes, Tensor& tensor) = nullptr;
};

// 1 bit of sign, 5 of the exponent, 10 of the fraction (IEEE 754-2008, binary16).
float from_float16(uint16_t bits);

// nullptr if there is no such type.
const StoredType* find_stored_type(std::string_view name);
// How a tensor of this type is written; always the same bytes as in memory.
const StoredType& stored_type_of(DType dtype);
// "F64, F32, ...", all of them.
std::string stored_type_names();

}  // namespace minnow

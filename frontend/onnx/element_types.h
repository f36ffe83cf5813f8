// The element types of ONNX, and what each is here: floats of any width are computed as f32, whole numbers as i32,
// truth values as pred. What the width says of the values, where a byte wraps around, is kept beside the type of the
// IR.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "frontend/onnx/onnx.pb.h"
#include "ir/type.h"

namespace minnow {

// A onnx::TensorProto::DataType, or any other number that a file holds in its place.
using ElementType = int32_t;

std::string element_type_name(ElementType type);  // "INT64"; "type 99"

bool is_float_element(ElementType type);  // FLOAT, DOUBLE, FLOAT16, BFLOAT16 and the floats of 8 and 4 bits
bool is_whole_element(ElementType type);  // INT2 to INT64, UINT2 to UINT64
bool is_unsigned_element(ElementType type);

// Nothing for strings and complex numbers.
std::optional<DType> dtype_of(ElementType type);

// Of whole numbers.
int bits_of(ElementType type);
// What whole numbers lie between; those of INT64 bound UINT64 as well.
struct ElementLimits {
  int64_t least;
  int64_t greatest;
};
ElementLimits limits_of(ElementType type);

}  // namespace minnow

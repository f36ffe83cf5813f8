// Tensor types: an element type and a static shape. `f32[64,784]`, `i32[]`.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minnow {

// kPred is the result of a comparison, one byte, 0 or 1. kF64 exists for the interpreter's gradient checks; networks
// are written in f32. kU8 holds images as they lie in the file, kI32 labels and indices.
enum class DType : uint8_t { kF32, kF64, kI32, kU8, kPred };

std::string_view dtype_name(DType dtype);                 // "f32", "f64", "i32", "u8", "pred"
std::optional<DType> parse_dtype(std::string_view name);  // nullopt if there is no such type
int64_t dtype_bytes(DType dtype);                         // bytes of one element
constexpr bool is_float(DType dtype) { return dtype == DType::kF32 || dtype == DType::kF64; }

using Shape = std::vector<int64_t>;

// Parts of `part` that `extent` falls into, the last of which may be smaller.
constexpr int64_t ceil_div(int64_t extent, int64_t part) { return (extent + part - 1) / part; }

// Every tensor of a program has at most this many elements and dimensions; type inference refuses more.
inline constexpr int64_t kMaxElements = int64_t{1} << 31;
inline constexpr int64_t kMaxRank = 8;

// Number of elements; nullopt if a dimension is negative or the product of those that are not 0 exceeds kMaxElements.
std::optional<int64_t> checked_element_count(const Shape& shape);
// The same for a shape that is known to be valid.
int64_t element_count(const Shape& shape);
// Distance in elements between neighbours along each dimension, row-major.
std::vector<int64_t> row_major_strides(const Shape& shape);
std::string shape_to_string(const Shape& shape);  // "[64,784]"

struct TensorType {
  DType dtype = DType::kF32;
  Shape shape;

  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  int64_t dim(int64_t i) const { return shape[static_cast<size_t>(i)]; }
  int64_t elements() const { return element_count(shape); }
  int64_t bytes() const { return elements() * dtype_bytes(dtype); }
  std::string to_string() const;  // "f32[64,784]"
  bool operator==(const TensorType&) const = default;
};

}  // namespace minnow

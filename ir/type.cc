#include "ir/type.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "ir/error.h"

namespace minnow {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  int64_t bytes;
};

constexpr std::array<DTypeRow, 5> kDTypes = {{{DType::kF32, "f32", 4},
                                              {DType::kF64, "f64", 8},
                                              {DType::kI32, "i32", 4},
                                              {DType::kU8, "u8", 1},
                                              {DType::kPred, "pred", 1}}};

const DTypeRow& row_of(DType dtype) { return kDTypes[static_cast<size_t>(dtype)]; }

}  // namespace

std::string_view dtype_name(DType dtype) { return row_of(dtype).name; }

std::optional<DType> parse_dtype(std::string_view name) {
  for (const DTypeRow& row : kDTypes)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

int64_t dtype_bytes(DType dtype) { return row_of(dtype).bytes; }

// A part of the dimensions is then a valid shape, too.
std::optional<int64_t> checked_element_count(const Shape& shape) {
  int64_t count = 1;
  bool is_empty = false;
  for (const int64_t dim : shape) {
    if (dim < 0 || dim > kMaxElements) return std::nullopt;
    count *= std::max<int64_t>(dim, 1);
    if (count > kMaxElements) return std::nullopt;
    is_empty |= dim == 0;
  }
  return is_empty ? 0 : count;
}

int64_t element_count(const Shape& shape) {
  const auto count = checked_element_count(shape);
  MINNOW_CHECK(count.has_value(), "shape {} is too large", shape_to_string(shape));
  return *count;
}

std::vector<int64_t> row_major_strides(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::string shape_to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

std::string TensorType::to_string() const { return fmt::format("{}{}", dtype_name(dtype), shape_to_string(shape)); }

}  // namespace minnow

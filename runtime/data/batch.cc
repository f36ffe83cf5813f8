#include "runtime/data/batch.h"

#include <algorithm>
#include <cstring>

namespace minnow {

void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch) {
  const TensorType& from = source.type();
  const TensorType& to = batch.type();
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t row = from.dim(0) == 0 ? 0 : from.elements() / from.dim(0);
  MINNOW_CHECK(to.dim(0) == count && to.elements() == count * row, "{} rows of {} do not fill {}", count,
               from.to_string(), to.to_string());
  const bool widens = from.dtype == DType::kU8 && to.dtype == DType::kF32;
  MINNOW_CHECK(widens || from.dtype == to.dtype, "rows of {} cannot fill {}", from.to_string(), to.to_string());
  const int64_t row_bytes = row * dtype_bytes(from.dtype);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = rows[static_cast<size_t>(i)];
    MINNOW_CHECK(index >= 0 && index < from.dim(0), "row {} of {}", index, from.to_string());
    if (widens) {
      std::copy_n(source.as<uint8_t>().begin() + index * row, row, batch.as<float>().begin() + i * row);
    } else {
      std::memcpy(batch.data() + i * row_bytes, source.data() + index * row_bytes, static_cast<size_t>(row_bytes));
    }
  }
}

}  // namespace minnow

#include "runtime/batch.h"

#include <cstring>

namespace minnow {
namespace {

void scale_row(std::span<const uint8_t> from, const PixelScale& scale, float* to) {
  for (const uint8_t value : from) *to++ = static_cast<float>(value) * scale.scale + scale.shift;
}

}  // namespace

void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch, const PixelScale& scale) {
  const TensorType& from = source.type();
  const TensorType& to = batch.type();
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t row = from.dim(0) == 0 ? 0 : from.elements() / from.dim(0);
  MINNOW_CHECK(to.dim(0) == count && to.elements() == count * row, "{} rows of {} do not fill {}", count,
               from.to_string(), to.to_string());
  const bool scales = from.dtype == DType::kU8 && to.dtype == DType::kF32;
  MINNOW_CHECK(scales || from.dtype == to.dtype, "rows of {} cannot fill {}", from.to_string(), to.to_string());
  const int64_t row_bytes = row * dtype_bytes(from.dtype);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = rows[static_cast<size_t>(i)];
    MINNOW_CHECK(index >= 0 && index < from.dim(0), "row {} of {}", index, from.to_string());
    if (scales) {
      scale_row(source.as<uint8_t>().subspan(static_cast<size_t>(index * row), static_cast<size_t>(row)), scale,
                batch.as<float>().data() + i * row);
    } else {
      std::memcpy(batch.data() + i * row_bytes, source.data() + index * row_bytes, static_cast<size_t>(row_bytes));
    }
  }
}

}  // namespace minnow

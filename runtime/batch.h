// Gathers the examples of a batch into one contiguous tensor.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/tensor.h"

namespace minnow {

// Bytes become floats as value * scale + shift.
struct PixelScale {
  float scale = 1.0F / 255;
  float shift = 0;
};

// Row rows[i] of `source` [N,...] becomes row i of `batch` [B,...], B = rows.size(), the rest of the shape of
// equal size. Equal element types are copied; u8 rows into an f32 batch are scaled. Nothing is allocated.
void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch, const PixelScale& scale = {});

}  // namespace minnow

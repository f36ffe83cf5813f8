// Gathers the examples of a batch into one contiguous tensor.
#pragma once

#include <cstdint>
#include <span>

#include "interpreter/tensor.h"

namespace minnow {

// Row rows[i] of `source` [N,...] becomes row i of `batch` [B,...], B = rows.size(), the rest of the shape of
// equal size. The element types are equal, or bytes become numbers in f32. Nothing is allocated.
void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch);

}  // namespace minnow

// The elements of an .npy file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/data/file_bytes.h"

namespace minnow {

// How NumPy writes an element, "<f4": its bytes' order, kind (f, i, u, b) and number.
struct NpyElement {
  char kind = 'f';
  int64_t bytes = 4;
  bool is_big_endian = false;

  // None for what is not read: complex numbers, texts, dates, long doubles.
  static std::optional<NpyElement> of(std::string_view descr);
  DType dtype() const;
  // Whether its bytes are those that a tensor has in memory.
  bool is_held_as(DType dtype) const;
};

// As it is written.
std::string_view npy_descr(DType dtype);

// Fills `tensor`, of the array's shape, with elements from a stream that has as many. `is_fortran`: the first dimension
// varies fastest. f32 may round; any other value that the tensor does not hold is an error with the first place.
Status read_elements(ByteStream& from, const NpyElement& element, bool is_fortran, Tensor& tensor,
                     const std::string& where);

}  // namespace minnow

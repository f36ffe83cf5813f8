// NumPy's .npy files (numpy.org/neps/nep-0001-npy-format): versions 1 and 2, C order, little-endian.
#pragma once

#include <string>
#include <string_view>

#include "interpreter/tensor.h"
#include "ir/error.h"

namespace minnow {

// Reads <f4, <f8, |u1, <i4 and |b1 as they are; <i8 becomes i32, an error if a value does not fit.
Result<Tensor> read_npy(const std::string& path);
// The same from memory; `where` names it in errors.
Result<Tensor> parse_npy(std::string_view bytes, const std::string& where);
// Writes version 1, atomically.
Status write_npy(const std::string& path, const Tensor& tensor);

}  // namespace minnow

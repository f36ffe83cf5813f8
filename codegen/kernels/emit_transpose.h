// Transposes that move the innermost dimension: squares of lanes × lanes, transposed in registers.
#pragma once

#include "codegen/kernels/emit_loop.h"

namespace minnow {

// Whether the kernel is a loop over such a transpose, of numbers as wide as a lane, with dimensions that fill squares,
// and over what is computed from it element by element.
bool is_transpose_by_squares(const KernelWork& work);

WorkUnits emit_transpose(KernelBuilder& kernel, const Storage& storage, const KernelWork& work);

}  // namespace minnow

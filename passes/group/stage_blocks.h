// In a loop a vector holds one element of 16 examples, outside of it neighbouring elements of one: what both read or
// write lies row-major, and a kernel of the loop would gather it, or scatter it, number by number. This pass has such a
// value copied at the loop's border, 16 × 16 numbers transposed in registers at a time, by a reshape to the same shape.
#pragma once

#include "ir/function.h"

namespace minnow {

// Behind fusion, which would take the copy for part of a kernel.
bool stage_blocks(Function& function);

// Whether a tensor keeps the layout in which loops write it, since they alone read it.
bool lies_in_blocks(const Value* value, const UseMap& uses);

}  // namespace minnow

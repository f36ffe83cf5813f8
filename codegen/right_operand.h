// The right operand of what a kernel multiplies, private to codegen: whether it can be packed before the kernel runs.
#pragma once

#include "ir/function.h"

namespace minnow {

// The op in an op's kernel that multiplies; nullptr if none does.
const Op* product_in(const Op& op);
// Its right operand, as the op around it has it; nullptr if there is none, or it is computed in the kernel.
const Value* right_operand(const Op& op);
// Of a value that an op in the loop's body reads: what it is around the loop, if it is whole and the same in all
// iterations; else nullptr.
const Value* operand_from_around(const Op& loop, const Value* value);

}  // namespace minnow

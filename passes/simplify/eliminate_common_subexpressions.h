// Ops that compute the same thing from the same values become one: equal kind, attributes and result type,
// equal operands (in either order if the op is commutative). Every op is pure, `random` included, so an
// earlier result can stand for a later one. Constants are compared bit by bit: 0 and -0 stay apart. Fused ops
// are left alone. A concatenation of more than two operands that begins as one of two does takes that one.
#pragma once

#include "ir/function.h"

namespace minnow {

bool eliminate_common_subexpressions(Function& function);

}  // namespace minnow

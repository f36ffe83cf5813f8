// The maximum that a softmax subtracts before it exponentiates changes nothing but the range of the numbers:
//   softmax(x) = e / sum(e), log_softmax(x) = z - log(sum(e)), with z = x - max(x), e = exp(z)
// have the same value for any other shift, so the gradient through max(x) is exactly zero and need not be
// computed.
#pragma once

#include "ir/function.h"

namespace minnow {

// Whether `op` is a reduce_max whose only use is such a shift. Recognised by following every use of z.
bool is_softmax_shift(const Op& op, const UseMap& uses);

}  // namespace minnow

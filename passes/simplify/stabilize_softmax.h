// A softmax written as it is taught overflows at logits of 89:
//   softmax(x) = exp(x) / sum(exp(x))     log_sum_exp(x) = log(sum(exp(x)))
// Shifted by the row's maximum m, no exponential exceeds 1:
//   softmax(x) = exp(x - m) / sum(exp(x - m))     log_sum_exp(x) = log(sum(exp(x - m))) + m
// and log(softmax(x)) = x - m - log(sum(exp(x - m))) does not take the logarithm of 0.
#pragma once

#include "ir/function.h"

namespace minnow {

// Rewrites these forms over the last dimension to the shifted ones. Fires only if every use of exp(x) and of
// its sum belongs to them, and if x is not itself `y - max(y)`. Runs before autodiff, whose own uses of
// exp(x) would hide them.
bool stabilize_softmax(Function& function);

}  // namespace minnow

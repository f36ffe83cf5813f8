// A variance over all examples needs their mean first, so that a network waits for a sum over the whole batch twice in
// each batch norm, and goes through its input once for each. From the mean and the variance of each example it is one
// sum: what is left of examples is small.
#pragma once

#include "ir/function.h"

namespace minnow {

// With x [N,...,n elements that are summed up], c = x - mean of x, S = the sums of each example:
//   Σ c² → Σ over examples (Σ (x - S/n)²) + n Σ over examples (S/n - mean)²
// and Σ x → Σ over examples S: the law of total variance. Rounding differs, and is no worse (Chan, Golub & LeVeque,
// "Algorithms for computing the sample variance", 1983: by parts). Where examples have many elements each.
bool split_variances(Function& function);

}  // namespace minnow

// What many elements share is done once, on the smaller tensor.
//
// The gradient of a normalisation multiplies every element by numbers of its channel, and sums up the products by
// channel: Σ dy·γ/σ and Σ dy·γ/σ·(x - μ), beside Σ dy and Σ dy·(x - μ) for β and γ. With the channel's numbers outside,
// two of the four sums are enough, and nothing but dy and dy·(x - μ) is ever written to be summed.
#pragma once

#include "ir/function.h"

namespace minnow {

// With b = broadcast(c):
//   reduce_sum(x·b·y) → reduce_sum(x·y)·c, where c lies along kept dimensions or is one number; the same of x/b, -x and
//     x + x. In gradients alone: a program may divide before it sums up, so that the sum does not overflow.
//   reduce_sum(x - broadcast(mean of x)) → 0 in gradients: what a mean's gradient gets by way of the variance, which is
//     nothing but rounding, and would have the rest of the gradient wait for a sum over it
//   (x·b1)·b2 → x·broadcast(c1·c2), of the same dimensions and in gradients
//   (x/b + broadcast(-Σ (x/b)·p))·e → (x + broadcast(-Σ x·p))·p, where p = e/b, in gradients: of softmax the result is
//     kept, and neither the exponentials nor their sum
//   x/b → x·broadcast(1/c), where c = sqrt(y): no root is so small that its reciprocal overflows
// Rounding differs. Runs before cse, which makes equal sums one.
bool lift_broadcasts(Function& function);

}  // namespace minnow

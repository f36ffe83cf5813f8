// Brings equal computations into one form, so that later passes need to know only that form. Every rewrite is
// exact for all inputs, NaN, infinities and -0 included (x + 0 is not x where x may be -0), but for these
// liberties:
//   pow(x, 2) becomes x * x, which may differ in the last bit;
//   the sum of a single element is that element, so the sign of a zero sum may change;
//   max and min of a 0 and a -0 may answer either, as the op table calls them commutative.
// Run autodiff first: at a tie max(a, b) hands its gradient to b, so the order of operands matters to it.
#pragma once

#include "ir/function.h"

namespace minnow {

bool canonicalize(Function& function);

}  // namespace minnow

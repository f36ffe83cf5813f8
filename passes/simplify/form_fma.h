// Where a product and the sum that it goes into are rounded once.
//
// A machine's fused multiply-add is faster than a product and a sum, and rounds once where they round twice. A program
// may rest on the rounded product, though: x - max(x) is 0 at the largest x only if both are the same number, which
// softmax, log-softmax and cross-entropy need. So it is the IR that says where, by `fma`, and code generation makes
// none by itself: every elementwise op is rounded as it is written, in every kernel that computes it alike.
#pragma once

#include "ir/function.h"

namespace minnow {

// a * b + c → fma(a, b, c), a * b - c → fma(a, b, -c) and c - a * b → fma(-a, b, c), where nothing but the sum sees the
// product, both are of one layer and phase (else a and b would be kept in place of the product), and c is no product:
// of a * b - b * a rounding must leave 0. Sums of two products in a gradient need not. Runs after cse, which makes
// equal products one, and leaves the products to dce.
bool form_fma(Function& function);

}  // namespace minnow

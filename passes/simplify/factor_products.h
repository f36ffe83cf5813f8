// What the terms of a gradient have in common.
//
// A value that is read twice has two cotangents, and their sum is v·a + v·b, where v is the cotangent of what is
// computed from it: dy·Φ(x) + dy·x·φ(x) of GELU. As v·(a + b) it is one product with what the forward pass knows
// already, so that the forward kernel, which has x in registers, computes a + b and keeps that, in place of all that a
// and b read.
#pragma once

#include "ir/function.h"

namespace minnow {

// v·a + v·b → v·(a + b) and v·a - v·b → v·(a - b), of sums of the gradient whose products nothing else reads. Splats
// are gathered in one factor. Rounding differs, and so does a result where a + b overflows. Runs after cse, which makes
// equal factors one, and leaves the products to dce.
bool factor_products(Function& function);

}  // namespace minnow

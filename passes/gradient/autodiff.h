// Reverse-mode differentiation of a Function: walks the ops from last to first and appends, for every op
// between a wanted value and the loss, the ops of its VJP rule (passes/gradient/vjp.h). The gradient is ordinary IR
// with Phase::kGradient and the layer of the forward op it belongs to. Method: Griewank & Walther,
// "Evaluating Derivatives", 2008, section 3.2.
#pragma once

#include <vector>

#include "ir/function.h"

namespace minnow {

// Appends to `function` the gradients of `scalar_result` (a float of shape []) with respect to each of `wrt`,
// and fills `gradients` in that order, each of its value's type; zero where the loss does not depend on the
// value. Cotangents nobody asked for may be left behind unused: run dce.
//
// Errors, which name layer and op: the loss is not a float scalar; an op that cannot be differentiated lies
// between the loss and a wanted value; the loss depends on a wanted value, but only through ops whose
// gradient is zero everywhere (argmax, floor, comparisons), so that it would never learn. The function may
// then hold ops already appended and should be thrown away.
Status differentiate(Function& function, Value* scalar_result, std::vector<Value*> wrt, std::vector<Value*>& gradients);

}  // namespace minnow

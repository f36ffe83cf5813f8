// What several operators make of single elements.
#pragma once

#include "frontend/onnx/node_scope.h"

namespace minnow {

// Whole numbers, i32, as the type has them: those of fewer bits wrap around.
Value* wrapped(GraphBuilder& b, Value* x, ElementType type);
// Whole numbers held to what the type can say.
Value* saturated(GraphBuilder& b, Value* x, ElementType type);
// a / b of whole numbers, towards zero or down; what is divided by zero is anything.
Value* quotient(GraphBuilder& b, Value* x, Value* y);
Value* floor_quotient(GraphBuilder& b, Value* x, Value* y);

Value* ceil_of(GraphBuilder& b, Value* x);
Value* truncated(GraphBuilder& b, Value* x);

// x where it lies between, which NaN does not leave.
Value* clamped(GraphBuilder& b, Value* x, double low, double high);
Value* relu(GraphBuilder& b, Value* x);
Value* softplus_of(GraphBuilder& b, Value* x);
Value* gelu_of(GraphBuilder& b, Value* x, bool by_tanh);
Value* hard_sigmoid_of(GraphBuilder& b, Value* x, double alpha, double beta);
Value* elu_of(GraphBuilder& b, Value* x, double alpha);

// A value of the type: what a Cast does.
Value* cast_to(GraphBuilder& b, Value* x, ElementType from, ElementType to, bool saturates);

// x in front of which y is widened so that they broadcast as the oldest versions ask for, by `axis`.
Value* aligned(NodeScope& n, Value* y);

}  // namespace minnow

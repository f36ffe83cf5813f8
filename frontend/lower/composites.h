// Functions that layers and losses share, spelt out in IR primitives.
#pragma once

#include "frontend/schema/layers.pb.h"
#include "ir/builder.h"

namespace minnow {

// `slope` is read by LEAKY_RELU and ELU.
Value* activate(Builder& builder, Value* x, spec::Activation::Function function, double slope);
// Activations inside dense and conv2d have the default slope.
Value* activate(Builder& builder, Value* x, spec::Activation::Function function);

// Over the last dimension of x [..., C].
Value* softmax(Builder& builder, Value* x, spec::Softmax::Form form);
Value* log_softmax(Builder& builder, Value* x);

// y [C] spread over `shape`, along whose dimension `dim` it lies.
Value* broadcast_along(Builder& builder, Value* y, int64_t dim, const Shape& shape);
// Undoes a reduction over the last dimension: y [...] → [..., C].
Value* broadcast_rows(Builder& builder, Value* y, const Shape& shape);
// x repeated along the dimensions of `shape`, of the same rank, that it does not have in full.
Value* repeat_to(Builder& builder, Value* x, const Shape& shape);
// log(1 + exp(x)) without overflow.
Value* softplus(Builder& builder, Value* x);

}  // namespace minnow

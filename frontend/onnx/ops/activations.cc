#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

// x below zero, 0 elsewhere: for slopes of the negative side.
Value* negative_part(GraphBuilder& b, Value* x) { return b.min(x, 0.0); }

}  // namespace

void relu(NodeScope& n) { n.give(n.b.max(n.value(), 0.0)); }

void leaky_relu(NodeScope& n) {
  Value* x = n.floats();
  n.give(n.b.select(n.b.binary(OpKind::kLess, x, 0.0), n.b.mul(x, n.real("alpha", 0.01)), x));
}

void prelu(NodeScope& n) {
  Value* x = n.value();
  Value* slope = n.value(1);
  // Before version 7 the slopes belong to the channels.
  if (n.version() < 7 && slope->type.rank() == 1 && slope->type.dim(0) > 1 && n.rank() > 1) {
    Shape shape(n.shape().size(), 1);
    shape[1] = slope->type.dim(0);
    slope = n.b.reshape(slope, shape);
  }
  require(common_shape(n.shape(), slope->type.shape) == n.shape(), "slope {} does not fit {}",
          shape_to_string(slope->type.shape), shape_to_string(n.shape()));
  n.give(n.b.select(n.b.binary(OpKind::kLess, x, 0.0), n.b.mul(x, slope), x));
}

void elu(NodeScope& n) { n.give(elu_of(n.b, n.floats(), n.real("alpha", 1))); }

void selu(NodeScope& n) {
  const double alpha = n.real("alpha", 1.67326319217681884765625), gamma = n.real("gamma", 1.05070102214813232421875);
  n.give(n.b.mul(elu_of(n.b, n.floats(), alpha), gamma));
}

// max(x, 0) + min(0, alpha (e^(x / alpha) - 1))
void celu(NodeScope& n) {
  const double alpha = n.real("alpha", 1);
  require(alpha != 0, "alpha is 0");
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  Value* below = b.mul(b.unary(OpKind::kExpm1, b.mul(negative_part(b, x), 1 / alpha)), alpha);
  n.give(b.add(relu(b, x), below));
}

void gelu(NodeScope& n) {
  const std::string form = n.text("approximate", "none");
  require(form == "none" || form == "tanh", "the approximation \"{}\" is not known", form);
  n.give(gelu_of(n.b, n.floats(), form == "tanh"));
}

void softplus(NodeScope& n) { n.give(softplus_of(n.b, n.floats())); }

void softsign(NodeScope& n) {
  Value* x = n.floats();
  n.give(n.b.div(x, n.b.add(n.b.abs(x), 1.0)));
}

void hard_sigmoid(NodeScope& n) { n.give(hard_sigmoid_of(n.b, n.floats(), n.real("alpha", 0.2), n.real("beta", 0.5))); }

void hard_swish(NodeScope& n) {
  Value* x = n.floats();
  n.give(n.b.mul(x, hard_sigmoid_of(n.b, x, 1.0 / 6, 0.5)));
}

void swish(NodeScope& n) {
  Value* x = n.floats();
  n.give(n.b.mul(x, n.b.sigmoid(n.b.mul(x, n.real("alpha", 1)))));
}

void mish(NodeScope& n) {
  Value* x = n.floats();
  n.give(n.b.mul(x, n.b.tanh(softplus_of(n.b, x))));
}

void thresholded_relu(NodeScope& n) {
  Value* x = n.floats();
  n.give(n.b.select(n.b.binary(OpKind::kGreater, x, n.real("alpha", 1)), x, 0.0));
}

void shrink(NodeScope& n) {
  const double lambda = n.real("lambd", 0.5), bias = n.real("bias");
  GraphBuilder& b = n.b;
  Value* x = n.value();
  Value* y = b.convert(x, DType::kF32);
  Value* above = b.select(b.binary(OpKind::kGreater, y, lambda), b.sub(y, bias), 0.0);
  n.give(b.convert(b.select(b.binary(OpKind::kLess, y, -lambda), b.add(y, bias), above), x->type.dtype));
}

// Bounds are attributes until version 11, then inputs.
void clip(NodeScope& n) {
  Value* x = n.value();
  for (const bool is_low : {true, false}) {
    const OpKind kind = is_low ? OpKind::kMaximum : OpKind::kMinimum;
    const size_t input = is_low ? 1 : 2;
    const std::string_view name = is_low ? "min" : "max";
    if (n.has(input)) x = n.b.binary(kind, x, n.value(input));
    else if (n.has_attribute(name)) x = n.b.binary(kind, x, n.real(name));
  }
  n.give(x);
}

}  // namespace minnow::onnx_ops

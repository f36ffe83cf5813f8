#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {
namespace {

// The loss of logarithms of probabilities [N,C,...] at targets [N,...]: minus the chosen one times its weight.
Value* chosen_loss(NodeScope& n, Value* log_probabilities) {
  GraphBuilder& b = n.b;
  const Shape& shape = log_probabilities->type.shape;
  require(shape.size() >= 2, "it needs classes, but is {}", shape_to_string(shape));
  Value* target = n.value(1);
  Shape column = shape;
  column[1] = 1;
  require(target->type.shape.size() + 1 == shape.size(), "the targets {} do not fit {}",
          shape_to_string(target->type.shape), shape_to_string(shape));
  Value* is_class = b.binary(OpKind::kEqual, b.iota({DType::kI32, shape}, 1), b.reshape(target, column));
  const auto of_class = [&](Value* values) { return b.sum(b.select(is_class, values, 0.0), {1}); };
  Value* weight = n.has(2) ? of_class(b.along(n.value(2), 1, shape)) : b.constant({DType::kF32, target->type.shape}, 1);
  if (n.has_attribute("ignore_index")) {
    const auto ignored = static_cast<double>(n.whole("ignore_index"));
    weight = b.select(b.binary(OpKind::kNotEqual, target, ignored), weight, 0.0);
  }
  // What does not count is 0, even where the logarithm is not finite.
  Value* is_counted = b.binary(OpKind::kNotEqual, weight, 0.0);
  Value* each = b.neg(b.mul(b.select(is_counted, of_class(log_probabilities), 0.0), weight));
  const std::string reduction = n.text("reduction", "mean");
  if (reduction == "none") return each;
  const Dims all = first_dims(each->type.rank());
  require(reduction == "mean" || reduction == "sum", "the reduction \"{}\" is not known", reduction);
  return reduction == "sum" ? b.sum(each, all) : b.div(b.sum(each, all), b.sum(weight, all));
}

}  // namespace

void negative_log_likelihood(NodeScope& n) { n.give(chosen_loss(n, n.floats())); }

void softmax_cross_entropy(NodeScope& n) {
  Value* x = n.floats();
  require(n.rank() >= 2, "it needs classes, but is {}", shape_to_string(n.shape()));
  Value* log_probabilities = n.b.log_softmax(x, 1);
  n.give(chosen_loss(n, log_probabilities));
  n.give(1, log_probabilities, n.type());
}

}  // namespace minnow::onnx_ops

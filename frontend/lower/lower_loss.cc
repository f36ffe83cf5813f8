#include "frontend/lower/lower_loss.h"

#include <numeric>

#include "frontend/lower/composites.h"

namespace minnow {
namespace {

Value* sum_all(Builder& b, Value* x) {
  std::vector<int64_t> dims(x->type.shape.size());
  std::iota(dims.begin(), dims.end(), 0);
  return b.reduce_sum(x, dims);
}

Value* count_true(Builder& b, Value* pred) { return sum_all(b, b.convert(pred, DType::kF32)); }

// [N,C]: x where labels i32[N] say so, zero elsewhere. A product with zeros and ones would make NaN of what is
// infinite.
Value* at_labels(Builder& b, Value* x, Value* labels) {
  Value* classes = b.iota({DType::kI32, x->type.shape}, 1);
  Value* is_label = b.compare(OpKind::kEqual, classes, broadcast_along(b, labels, 0, x->type.shape));
  return b.select(is_label, x, b.like(x, 0));
}

// [N,C] x by the target distribution: 1 - smoothing at the label plus smoothing spread over all classes.
Value* times_target(Builder& b, Value* x, Value* labels, double smoothing) {
  Value* at_label = at_labels(b, x, labels);
  if (smoothing == 0) return at_label;
  return b.add(b.mul(at_label, 1 - smoothing), b.mul(x, smoothing / static_cast<double>(x->type.dim(1))));
}

// logits [N,C], labels i32[N]
LoweredLoss softmax_cross_entropy(Builder& b, const spec::Loss::SoftmaxCrossEntropy& loss, Value* logits,
                                  Value* labels) {
  const bool is_naive = loss.form() == spec::Softmax::NAIVE;
  Value* log_probabilities = is_naive ? b.log(softmax(b, logits, spec::Softmax::NAIVE)) : log_softmax(b, logits);
  Value* sum = b.neg(sum_all(b, times_target(b, log_probabilities, labels, loss.label_smoothing())));
  return {sum, count_true(b, b.compare(OpKind::kEqual, b.argmax(logits, 1), labels))};
}

// max(x, 0) - x t + log(1 + exp(-|x|)) = softplus(x) - x t
LoweredLoss binary_cross_entropy(Builder& b, Value* logits, Value* target) {
  Value* each = b.sub(softplus(b, logits), b.mul(logits, target));
  Value* says_one = b.convert(b.compare(OpKind::kGreater, logits, b.like(logits, 0)), DType::kF32);
  Value* is_one = b.convert(b.compare(OpKind::kGreater, target, b.like(target, 0.5)), DType::kF32);
  return {sum_all(b, each), count_true(b, b.compare(OpKind::kEqual, says_one, is_one))};
}

// e^2 / 2 if |e| <= delta, else delta (|e| - delta / 2)
Value* huber(Builder& b, Value* error, double delta) {
  Value* size = b.unary(OpKind::kAbs, error);
  Value* square = b.mul(b.mul(error, error), 0.5);
  Value* line = b.mul(b.add(size, -delta / 2), delta);
  return b.select(b.compare(OpKind::kLessEqual, size, b.like(size, delta)), square, line);
}

LoweredLoss regression(Builder& b, const spec::Loss& loss, Value* output, Value* target) {
  Value* error = b.sub(output, target);
  Value* each = nullptr;
  if (loss.has_mean_squared_error()) each = b.mul(error, error);
  if (loss.has_l1()) each = b.unary(OpKind::kAbs, error);
  if (loss.has_huber()) each = huber(b, error, loss.huber().delta());
  MINNOW_CHECK(each != nullptr, "loss without a kind");
  return {sum_all(b, each), b.constant({DType::kF32, {}}, 0)};
}

int64_t elements_per_example(const TensorType& output) { return output.elements() / output.dim(0); }

std::string example_of(const TensorType& output) {
  return shape_to_string(Shape(output.shape.begin() + 1, output.shape.end()));
}

}  // namespace

Result<TargetInfo> target_of(const LoadedModel& loaded, const TensorType& output) {
  const Model& model = loaded.model;
  const int64_t batch = output.dim(0);
  if (model.loss().has_softmax_cross_entropy()) {
    if (output.rank() != 2)
      return complain_with_hint(loaded, "loss", "end with a dense layer of as many units as there are classes",
                                "softmax_cross_entropy takes logits [classes], but the output \"{}\" is {}",
                                model.output(), example_of(output));
    return TargetInfo{{DType::kI32, {batch}}, true, output.dim(1), 1};
  }
  const int64_t elements = elements_per_example(output);
  if (model.data().has_linear_regression() && elements != 1)
    return complain(loaded, "loss", "linear_regression data have one target, but the output \"{}\" is {}",
                    model.output(), example_of(output));
  const bool classifies = model.loss().has_binary_cross_entropy_with_logits();
  return TargetInfo{{DType::kF32, output.shape}, classifies, 0, classifies ? elements : 1};
}

LoweredLoss lower_loss(Builder& b, const spec::Loss& loss, Value* output, Value* target) {
  if (loss.has_softmax_cross_entropy()) return softmax_cross_entropy(b, loss.softmax_cross_entropy(), output, target);
  LoweredLoss lowered = loss.has_binary_cross_entropy_with_logits() ? binary_cross_entropy(b, output, target)
                                                                    : regression(b, loss, output, target);
  const int64_t elements = elements_per_example(output->type);
  if (elements != 1) lowered.sum = b.mul(lowered.sum, 1.0 / static_cast<double>(elements));
  return lowered;
}

Value* lower_prediction(Builder& b, const spec::Loss& loss, Value* output) {
  if (loss.has_softmax_cross_entropy()) return softmax(b, output, loss.softmax_cross_entropy().form());
  if (loss.has_binary_cross_entropy_with_logits()) return b.unary(OpKind::kSigmoid, output);
  return output;
}

}  // namespace minnow

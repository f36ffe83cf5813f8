#include "frontend/lower/lower_loss.h"

#include <numeric>

#include "frontend/load/defaults.h"
#include "frontend/lower/composites.h"

namespace minnow {
namespace {

Value* sum_all(Builder& b, Value* x) {
  std::vector<int64_t> dims(x->type.shape.size());
  std::iota(dims.begin(), dims.end(), 0);
  return b.reduce_sum(x, dims);
}

Value* count_true(Builder& b, Value* pred) { return sum_all(b, b.convert(pred, DType::kF32)); }

// [N,...,C]: x where labels i32 [N,...] say so, zero elsewhere. A product with zeros and ones would make NaN of what is
// infinite.
Value* at_labels(Builder& b, Value* x, Value* labels) {
  Value* classes = b.iota({DType::kI32, x->type.shape}, x->type.rank() - 1);
  Value* is_label = b.compare(OpKind::kEqual, classes, broadcast_rows(b, labels, x->type.shape));
  return b.select(is_label, x, b.like(x, 0));
}

// [N,...,C] x by the target distribution: 1 - smoothing at the label plus smoothing spread over all classes.
Value* times_target(Builder& b, Value* x, Value* labels, double smoothing) {
  Value* at_label = at_labels(b, x, labels);
  if (smoothing == 0) return at_label;
  return b.add(b.mul(at_label, 1 - smoothing), b.mul(x, smoothing / static_cast<double>(x->type.shape.back())));
}

// logits [N,...,C], labels i32 [N,...]
LoweredLoss softmax_cross_entropy(Builder& b, const spec::Loss::SoftmaxCrossEntropy& loss, Value* logits,
                                  Value* labels) {
  const bool is_naive = loss.form() == spec::Softmax::NAIVE;
  Value* log_probabilities = is_naive ? b.log(softmax(b, logits, spec::Softmax::NAIVE)) : log_softmax(b, logits);
  Value* each = times_target(b, log_probabilities, labels, loss.label_smoothing());
  Value* is_right = b.compare(OpKind::kEqual, b.argmax(logits, logits->type.rank() - 1), labels);
  if (!loss.has_ignore_index()) return {b.neg(sum_all(b, each)), count_true(b, is_right)};
  Value* counts = b.compare(OpKind::kNotEqual, labels, b.like(labels, static_cast<double>(loss.ignore_index())));
  each = b.select(broadcast_rows(b, counts, each->type.shape), each, b.like(each, 0));
  is_right = b.create(OpKind::kAnd, {is_right, counts});
  return {b.neg(sum_all(b, each)), count_true(b, is_right), count_true(b, counts)};
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

std::vector<LossTerm> loss_terms(const Model& model) {
  std::vector<LossTerm> terms = {{&model.loss(), "loss", model.output()}};
  for (int i = 0; i < model.losses_size(); ++i)
    terms.push_back({&model.losses(i), fmt::format("losses.{}", i), model.losses(i).output()});
  return terms;
}

Result<TargetInfo> target_of(const LoadedModel& loaded, const LossTerm& term, const TensorType& output) {
  const Model& model = loaded.model;
  if (output.dtype != DType::kF32)
    return complain(loaded, term.path, "the output \"{}\" holds tokens, which no loss can change", term.output);
  if (term.loss->has_softmax_cross_entropy()) {
    if (output.rank() < 2 || (output.rank() > 2 && labels_whole_examples(model.data())))
      return complain_with_hint(loaded, term.path, "end with a dense layer of as many units as there are classes",
                                "softmax_cross_entropy takes logits [classes], but the output \"{}\" is {}",
                                term.output, example_of(output));
    TargetInfo target{term.target(), {DType::kI32, Shape(output.shape.begin(), output.shape.end() - 1)}};
    target.classes = output.shape.back();
    const spec::Loss::SoftmaxCrossEntropy& loss = term.loss->softmax_cross_entropy();
    if (loss.has_ignore_index()) target.ignored = static_cast<int32_t>(loss.ignore_index());
    return target;
  }
  if (model.data().has_linear_regression() && elements_per_example(output) != 1)
    return complain(loaded, term.path, "linear_regression data have one target, but the output \"{}\" is {}",
                    term.output, example_of(output));
  TargetInfo target{term.target(), {DType::kF32, output.shape}};
  target.is_probability = term.loss->has_binary_cross_entropy_with_logits();
  return target;
}

LoweredLoss lower_loss(Builder& b, const spec::Loss& loss, Value* output, Value* target) {
  const bool is_cross_entropy = loss.has_softmax_cross_entropy();
  LoweredLoss lowered = is_cross_entropy ? softmax_cross_entropy(b, loss.softmax_cross_entropy(), output, target)
                        : loss.has_binary_cross_entropy_with_logits() ? binary_cross_entropy(b, output, target)
                                                                      : regression(b, loss, output, target);
  if (lowered.counted != nullptr) return lowered;
  const int64_t elements = elements_per_example(is_cross_entropy ? target->type : output->type);
  if (elements != 1) lowered.sum = b.mul(lowered.sum, 1.0 / static_cast<double>(elements));
  return lowered;
}

Value* lower_prediction(Builder& b, const spec::Loss& loss, Value* output) {
  if (loss.has_softmax_cross_entropy()) return softmax(b, output, loss.softmax_cross_entropy().form());
  if (loss.has_binary_cross_entropy_with_logits()) return b.unary(OpKind::kSigmoid, output);
  return output;
}

}  // namespace minnow

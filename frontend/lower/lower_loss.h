// Losses as IR: the sum over a batch of each example's loss, and the number of right predictions.
#pragma once

#include "frontend/lower/layer_scope.h"

namespace minnow {

struct LoweredLoss {
  Value* sum;                // f32[], over the examples of the batch, or over the labels that count
  Value* correct;            // f32[], zero for regression
  Value* counted = nullptr;  // f32[], how many labels count, where some may not
};

// One of the model's losses, `loss` or of `losses`, and what it sees.
struct LossTerm {
  const spec::Loss* loss;
  std::string path;    // of the field
  std::string output;  // the layer

  double weight() const { return loss->has_weight() ? loss->weight() : 1; }
  std::string target() const { return loss->target().empty() ? "target" : loss->target(); }
};
// `loss` comes first.
std::vector<LossTerm> loss_terms(const Model& model);

// What it compares an output of this type with. An output that does not suit the loss or the data is an error.
Result<TargetInfo> target_of(const LoadedModel& loaded, const LossTerm& term, const TensorType& output);

LoweredLoss lower_loss(Builder& builder, const spec::Loss& loss, Value* output, Value* target);

// What the user reads off the output: probabilities for the cross-entropies, else the output itself.
Value* lower_prediction(Builder& builder, const spec::Loss& loss, Value* output);

}  // namespace minnow

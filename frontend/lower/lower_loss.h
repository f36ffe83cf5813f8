// Losses as IR: the sum over a batch of each example's loss, and the number of right predictions.
#pragma once

#include "frontend/lower/layer_scope.h"

namespace minnow {

struct LoweredLoss {
  Value* sum;      // f32[], over the examples of the batch
  Value* correct;  // f32[], zero for regression
};

// What the targets of a loss look like.
struct TargetInfo {
  TensorType type;  // i32[N] labels, or f32 of the output's shape
  bool classifies = false;
  int64_t classes = 0;  // softmax cross-entropy only
  int64_t predictions_per_example = 1;
};

// For an output of this type. An output that does not suit the loss or the data is an error.
Result<TargetInfo> target_of(const LoadedModel& loaded, const TensorType& output);

LoweredLoss lower_loss(Builder& builder, const spec::Loss& loss, Value* output, Value* target);

// What the user reads off the output: probabilities for the cross-entropies, else the output itself.
Value* lower_prediction(Builder& builder, const spec::Loss& loss, Value* output);

}  // namespace minnow

// The update of one weight, one function per optimiser; part of optimizer.cc.
#pragma once

#include "ir/builder.h"
#include "passes/gradient/optimizer.h"

namespace minnow {

// What the updates of all weights share.
struct StepScalars {
  Value* learning_rate = nullptr;  // f32[]
  Value* correction1 = nullptr;    // 1 - beta1^t, f32[], Adam only
  Value* correction2 = nullptr;    // 1 - beta2^t
};

struct WeightUpdate {
  Value* weight;
  Value* gradient;
  double decay;                           // of this weight, 0 for none
  std::vector<FunctionResult> new_state;  // filled by the rule: parameter name, new value
};

// Emits the new weight. State parameters are added to b.function() as the rule names them.
Value* update_weight(const Sgd&, WeightUpdate& update, const StepScalars& scalars, Builder& b);
Value* update_weight(const Momentum&, WeightUpdate& update, const StepScalars& scalars, Builder& b);
Value* update_weight(const Adam&, WeightUpdate& update, const StepScalars& scalars, Builder& b);
Value* update_weight(const AdamW&, WeightUpdate& update, const StepScalars& scalars, Builder& b);
Value* update_weight(const RmsProp&, WeightUpdate& update, const StepScalars& scalars, Builder& b);

// A scalar at every element of a tensor like `like`, in its element type.
Value* spread(Value* scalar, const Value* like, Builder& b);

// 1 - beta^t for t = step + 1, without the cancellation of the formula as written.
Value* bias_correction(double beta, Value* step, Builder& b);

}  // namespace minnow

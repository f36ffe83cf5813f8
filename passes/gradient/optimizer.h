// Builds @train_step from @loss: the loss and its other results, its gradients, and the optimiser's update of
// every weight, all as ordinary IR, so that one compiled call does a whole training step. The formulas are
// PyTorch's.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include "ir/builder.h"

namespace minnow {

// Below, w is a weight, g its gradient after clipping and decay, r the run-time learning rate, t the step
// from 1.

// w -= r g
struct Sgd {};

// v = momentum v + g; w -= r v, or with Nesterov's look-ahead w -= r (g + momentum v). State `.momentum`.
struct Momentum {
  double momentum = 0.9;
  bool nesterov = false;
};

// Kingma & Ba, "Adam", 2015: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
// w -= r m' / (sqrt(v') + epsilon) with m' = m / (1 - beta1^t), v' = v / (1 - beta2^t). State `.m`, `.v`.
struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

// Adam with weight decay taken off the weight, w -= r decay w, instead of added to g (Loshchilov & Hutter,
// 2019).
struct AdamW : Adam {};

// v = decay v + (1 - decay) g^2; w -= r g / (sqrt(v) + epsilon). State `.v`.
struct RmsProp {
  double decay = 0.99, epsilon = 1e-8;
};

// All gradients are scaled by min(1, norm / (their common Euclidean norm + 1e-6)). The norm is computed in f64, in
// which the squares of f32 numbers neither overflow nor vanish.
struct ClipByGlobalNorm {
  double norm;
};

// Each element of a gradient is clamped to ±value.
struct ClipByValue {
  double value;
};

struct OptimizerSpec {
  std::variant<Sgd, Momentum, Adam, AdamW, RmsProp> rule;
  std::variant<std::monostate, ClipByGlobalNorm, ClipByValue> clip;
  // g += decay w, after clipping (decoupled for AdamW). By weight name; a weight that is not named has none.
  std::map<std::string, double, std::less<>> weight_decay;
  // Weights that stay as they are, without gradient, decay or state, and count for no norm.
  std::set<std::string, std::less<>> frozen;
  // Factors of r, by weight name; 1 for a weight that is not named.
  std::map<std::string, double, std::less<>> learning_rate_factor;
  // Answers the gradients as well, as differentiation gives them: "gradient.fc.weight" before the new state.
  bool keep_gradients = false;
};

// Of all elements of x, f64[], for the reason above.
Value* squared_norm(Value* x, Builder& b);

// `loss` has parameters with roles and as its first result the scalar "loss". The new function @train_step
// has
//   parameters: those of `loss`; the optimiser's state, `fc.weight.m` for weight `fc.weight` (Role::kState,
//   zero
//     before the first step); `learning_rate` f32[]; for Adam `step` i32[], 0 in the first step
//     (Role::kScalar; one that `loss` already has is shared);
//   results: those of `loss`, then the new state, then the new weights, each named like its parameter.
// Ops of the update have Phase::kUpdate and their weight's layer ("fc" of `fc.weight`).
//
// Errors: no weights, or none that are not frozen; a first result that is not `loss`; a name that is taken by another
// kind of parameter; whatever differentiate answers.
Result<std::unique_ptr<Function>> build_train_step(const Function& loss, const OptimizerSpec& spec);

}  // namespace minnow

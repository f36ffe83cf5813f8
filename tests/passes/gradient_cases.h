// One differentiable program per op kind, with shapes drawn at random, for comparing gradients.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "ir/builder.h"

namespace minnow::testing {

using Rng = std::mt19937;

struct GradientCase {
  OpKind kind;
  // The types of the parameters. Those of a float type are differentiated; an i32 one holds indices below
  // `indices`.
  std::vector<TensorType> parameters;
  std::function<Value*(Builder& b, const std::vector<Value*>& x)> build;
  double low = -2, high = 2;  // range of the float parameters
  int64_t indices = 1;
};

// Draws a case for `kind`; nullopt if its result does not depend smoothly on a float operand.
std::optional<GradientCase> gradient_case(OpKind kind, Rng& rng);

}  // namespace minnow::testing

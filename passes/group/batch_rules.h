// What an op does with dimension 0 of tensors that hold one example per index there: one rule per op kind.
#pragma once

#include <functional>

#include "ir/function.h"

namespace minnow {

enum class BatchUse {
  kOutside,     // needs more than the examples of one block, or none at all
  kPerExample,  // an example of the result takes only that example of the operands
  kSum,         // adds something up over the examples
};

// What is known of the operands.
struct BatchLabels {
  std::function<bool(const Value*)> has_examples;
  // The same for every example, and cheap to make for as many as are wanted: a splat, a broadcast, an iota.
  std::function<bool(const Value*)> is_uniform;

  bool fits(const Value* value) const { return has_examples(value) || is_uniform(value); }
};

BatchUse batch_use(const Op& op, const BatchLabels& labels);

// Whether the op makes a value that is the same for every example of the `examples` in dimension 0, from operands
// of which that is not so and that have none.
bool is_uniform_over_examples(const Op& op, int64_t examples, const BatchLabels& labels);

}  // namespace minnow

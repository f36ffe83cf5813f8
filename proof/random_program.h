// Valid programs drawn at random from the table of op cases.
#pragma once

#include <memory>

#include "proof/op_cases.h"

namespace minnow::proof {

struct RandomProgram {
  std::unique_ptr<Function> function;
  std::vector<Domain> domains;  // of the parameters
  std::vector<bool> is_exact;   // of the results: no rounding anywhere in what leads to it, so that it must be the same
};

// With `confined` false, operands may be of any size, also where an op has no finite result, and there are composites
// whose meaning rests on a value being the same wherever it is read: softmax, log-softmax, normalisation, x - x.
RandomProgram draw_program(uint32_t seed, bool confined = true);

}  // namespace minnow::proof

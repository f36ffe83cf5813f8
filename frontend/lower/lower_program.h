// From a program that is written in the IR already to what training needs: no layer is known, so that everything is
// told by the parameters and results of its functions.
#pragma once

#include "frontend/lower/lower_model.h"

namespace minnow {

// Takes @loss, @evaluate and @infer from the program, with parameters and results as lower_model has them:
//
//   @loss      required. Inputs, targets, weights, states, and as scalars "seed" and "step". Its loss is the result
//   "loss",
//              else the first, f32[]; further results are "correct" and "counted", f32[], and new states.
//   @evaluate  as lower_model has it; without it, that of @loss times what it is a mean over, with the states as they
//   are.
//   @infer     its prediction is the result "prediction", else the first, f32 [N,...]; without it, the module has none.
//
// All other results are left out. Inputs of numbers are normalised as `data` says, bytes are taken as they are.
//
// Errors, at the program's place: whatever is not so; no weights; weights and states other than f32; an input, weight
// or state that @loss does not have with this type; names that functions need for themselves; ops that passes make; a
// batch size that is not the program's; more than options.max_bytes; and, at the model's place, entries of
// `network.weights` that name nothing or give a state anything but a constant.
Result<LoweredModel> lower_program(const LoadedModel& loaded, const LowerOptions& options);

}  // namespace minnow
